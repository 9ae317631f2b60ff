package procstate

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tree writes files below a folder.
func tree(t *testing.T, all map[string]string) files {
	dir := t.TempDir()
	for name, text := range all {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return files(dir)
}

func TestMemoryLeft(t *testing.T) {
	for why, c := range map[string]struct {
		files map[string]string
		want  uint64
	}{
		"nothing is known": {nil, math.MaxUint64},
		"the machine":      {map[string]string{"proc/meminfo": "MemTotal: 9 kB\nMemAvailable:    2048 kB\n"}, 2 << 20},
		"version 2, of a cgroup above": {map[string]string{
			"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/b/memory.current": "1\n",
			"sys/fs/cgroup/a/memory.max": "1000\n", "sys/fs/cgroup/a/memory.current": "900\n",
			"sys/fs/cgroup/a/memory.stat": "anon 600\ninactive_file 200\nactive_file 100\n",
		}, 400},
		"version 2, in a namespace": {map[string]string{
			"proc/self/cgroup": "0::/../elsewhere\n", "sys/fs/cgroup/memory.max": "1000\n", "sys/fs/cgroup/memory.current": "1200\n",
		}, 0},
		"version 1": {map[string]string{
			"proc/meminfo": "MemAvailable: 100 kB\n", "proc/self/cgroup": "4:cpu:/c\n3:hugetlb,memory:/m\n0::/\n",
			"sys/fs/cgroup/memory/m/memory.limit_in_bytes": "5000\n", "sys/fs/cgroup/memory/m/memory.usage_in_bytes": "4500\n",
			"sys/fs/cgroup/memory/m/memory.stat": "inactive_file 4000\ntotal_inactive_file 50\ntotal_active_file 50\n",
		}, 600},
		"resource limits": {map[string]string{
			"proc/self/limits": "Limit   Soft Limit  Hard Limit  Units\nMax data size             2097152   unlimited            bytes     \nMax address space         unlimited            unlimited            bytes     \n",
			"proc/self/status": "VmPeak: 9999 kB\nVmSize:\t    9000 kB\nVmData:\t    1024 kB\n",
		}, 1 << 20},
		"a limit that is exceeded": {map[string]string{
			"proc/self/limits": "Max data size  unlimited  unlimited  bytes\nMax address space  4096  unlimited  bytes\n",
			"proc/self/status": "VmSize:\t 8 kB\nVmData:\t 8 kB\n",
		}, 0},
		"text that is none": {map[string]string{"proc/meminfo": "MemAvailable: much\n", "proc/self/cgroup": "x\n0:\n"}, math.MaxUint64},
	} {
		assert.Equal(t, c.want, tree(t, c.files).memoryLeft(), why)
	}
}
