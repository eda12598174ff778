package benchmark

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMemoryFree(t *testing.T) {
	const gib = 1 << 30
	meminfo := "MemTotal:       67108864 kB\nMemAvailable:   8388608 kB\nMemFree: 1 kB\n"
	job := map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/slurm/job_1/step_0\n"}
	with := func(more map[string]string) map[string]string {
		all := make(map[string]string)
		for _, m := range []map[string]string{job, more} {
			for name, text := range m {
				all[name] = text
			}
		}
		return all
	}
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"nothing is known": {nil, math.MaxInt64},
		"no group":         {map[string]string{"proc/meminfo": meminfo}, 8 * gib},
		"no limit":         {with(map[string]string{"sys/fs/cgroup/slurm/memory.max": "max\n"}), 8 * gib},
		"a limit of the group itself": {with(map[string]string{
			"sys/fs/cgroup/slurm/job_1/step_0/memory.max": "4294967296\n", "sys/fs/cgroup/slurm/job_1/step_0/memory.current": "1073741824\n"}), 3 * gib},
		"a limit above": {with(map[string]string{
			"sys/fs/cgroup/slurm/job_1/step_0/memory.max": "4294967296\n", "sys/fs/cgroup/slurm/job_1/step_0/memory.current": "0\n",
			"sys/fs/cgroup/slurm/memory.max": "2147483648\n", "sys/fs/cgroup/slurm/memory.current": "1073741824\n"}), gib},
		"a limit of a container": {with(map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "2147483648\n", "sys/fs/cgroup/memory.current": "1\n"}), 2*gib - 1},
		"a limit beyond the machine": {with(map[string]string{"sys/fs/cgroup/slurm/memory.max": "99999999999999\n"}), 8 * gib},
		"the limit is used up": {with(map[string]string{
			"sys/fs/cgroup/slurm/memory.max": "1000\n", "sys/fs/cgroup/slurm/memory.current": "2000\n"}), 0},
		"the page cache is not in the way, files in memory are": {with(map[string]string{
			"sys/fs/cgroup/slurm/memory.max": "4294967296\n", "sys/fs/cgroup/slurm/memory.current": "4294967296\n",
			"sys/fs/cgroup/slurm/memory.stat": "anon 1\nfile 3221225472\nshmem 1073741824\ninactive_file 1073741824\nactive_file 1073741824\n"}), 2 * gib},
		"broken": {map[string]string{"proc/meminfo": "MemAvailable: x kB\nMemAvailable:\n", "proc/self/cgroup": "7:memory:/a\n0::/b/../c\n",
			"sys/fs/cgroup/c/memory.max": "-\n"}, math.MaxInt64},
	} {
		root := t.TempDir()
		for file, text := range c.files {
			path := filepath.Join(root, file)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		}
		require.Equal(t, c.want, memoryFree(root), name)
	}
	require.Positive(t, memoryFree("/"))
}
