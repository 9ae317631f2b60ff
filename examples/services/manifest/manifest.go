// Package manifest reads the manifest of a Kubernetes job as strictly as the API
// server does, and checks that its containers are bounded.
package manifest

import (
	"errors"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

// Job returns the job in a manifest. A field that jobs don't have, a field that is
// there twice and a quantity that is none are errors. So is a container that does
// not request memory and CPU, or has no limit on them.
func Job(text []byte) (*batchv1.Job, error) {
	scheme := runtime.NewScheme()
	if err := batchv1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	object, _, err := decoder.Decode(text, nil, nil)
	if err != nil {
		return nil, err
	}
	job, ok := object.(*batchv1.Job)
	if !ok {
		return nil, fmt.Errorf("%T is no job", object)
	}
	pod := job.Spec.Template.Spec
	if p := pod.RestartPolicy; p != corev1.RestartPolicyNever && p != corev1.RestartPolicyOnFailure {
		return nil, fmt.Errorf("a job's restartPolicy is Never or OnFailure, not %q", p)
	}
	if len(pod.Containers) == 0 {
		return nil, errors.New("the job has no containers")
	}
	for _, c := range pod.Containers {
		if err := bounded(c); err != nil {
			return nil, fmt.Errorf("container %s: %w", c.Name, err)
		}
	}
	return job, nil
}

func bounded(c corev1.Container) error {
	for _, name := range []corev1.ResourceName{corev1.ResourceMemory, corev1.ResourceCPU} {
		request, requested := c.Resources.Requests[name]
		limit, limited := c.Resources.Limits[name]
		switch {
		case !requested || request.Sign() <= 0:
			return fmt.Errorf("it requests no %s", name)
		case !limited:
			return fmt.Errorf("it has no limit on %s", name)
		case request.Cmp(limit) > 0:
			return fmt.Errorf("it requests %s of %s, and its limit is %s", &request, name, &limit)
		}
	}
	return nil
}
