package manifest_test

import (
	"os"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/examples/services/manifest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// read returns the manifest of examples/limits.
func read(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../limits/job.yaml")
	require.NoError(t, err)
	return string(text)
}

func TestJob(t *testing.T) {
	job, err := manifest.Job([]byte(read(t)))
	require.NoError(t, err)
	assert.Equal(t, "leak-tests", job.Name)
	assert.Zero(t, *job.Spec.BackoffLimit)
	c := job.Spec.Template.Spec.Containers[0]
	requests, limits := c.Resources.Requests, c.Resources.Limits
	assert.EqualValues(t, 512<<20, requests.Memory().Value())
	assert.EqualValues(t, 1<<30, limits.Memory().Value())
	assert.EqualValues(t, 250, requests.Cpu().MilliValue())
	assert.EqualValues(t, 500, limits.Cpu().MilliValue())
	assert.Equal(t, "GOMEMLIMIT", c.Env[0].Name)
	assert.Equal(t, "requests.memory", c.Env[0].ValueFrom.ResourceFieldRef.Resource)
}

// A slip of the pen in the manifest is an error, and not a job without limits.
func TestJobRejects(t *testing.T) {
	text := read(t)
	for _, c := range []struct{ old, new, says string }{
		{"limits:", "limit:", `unknown field "spec.template.spec.containers[0].resources.limit"`},
		{"limits:", "Limits:", `unknown field "spec.template.spec.containers[0].resources.Limits"`},
		{"backoffLimit: 0", "backoffLimit: none", "cannot unmarshal string"},
		{"backoffLimit: 0", "backoffLimit: 0\n  backoffLimit: 1", `key "backoffLimit" already set`},
		{"memory: 1Gi", "memory: 1Go", "quantities must match"},
		{"memory: 1Gi", "memory: 256Mi", "container tests: it requests 512Mi of memory, and its limit is 256Mi"},
		{"cpu: 500m", "cpu: 200m", "it requests 250m of cpu, and its limit is 200m"},
		{"memory: 1Gi", "", "it has no limit on memory"},
		{"cpu: 250m", "cpu: 0", "it requests no cpu"},
		{"restartPolicy: Never", "restartPolicy: Always", "a job's restartPolicy is"},
		{"kind: Job", "kind: Pod", `no kind "Pod"`},
		{"kind: Job", "kind: CronJob", "unknown field"},
	} {
		require.Contains(t, text, c.old)
		_, err := manifest.Job([]byte(strings.Replace(text, c.old, c.new, 1)))
		assert.ErrorContains(t, err, c.says, "%s", c.new)
	}
	_, err := manifest.Job([]byte("apiVersion: batch/v1\nkind: Job\nspec: {template: {spec: {restartPolicy: Never}}}"))
	assert.ErrorContains(t, err, "no containers")
	_, err = manifest.Job([]byte("apiVersion: batch/v1\nkind: CronJob"))
	assert.ErrorContains(t, err, "*v1.CronJob is no job")
}
