package procfd_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/leakassert/leakassert/internal/long"
	"github.com/leakassert/leakassert/internal/procfd"
)

// numbers asks /proc, as anybody would, and leaves out the library's own.
func numbers(t testing.TB) (nums []int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, e := range entries {
		num, err := strconv.Atoi(e.Name())
		require.NoError(t, err)
		if _, err := unix.FcntlInt(uintptr(num), unix.F_GETFD, 0); err == nil && num != procfd.OwnNumber() { // without ReadDir's own
			nums = append(nums, num)
		}
	}
	slices.Sort(nums)
	return nums
}

func tableNumbers(table *procfd.Table) (nums []int) {
	for _, e := range table.Entries {
		nums = append(nums, e.Num)
	}
	return nums
}

// dupTo copies standard input to the given number, or the next that is free,
// since some may be inherited.
func dupTo(t testing.TB, num int) int {
	t.Helper()
	got, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, num)
	if err == unix.EINVAL {
		t.Skipf("the limit of descriptors is below %d", num)
	}
	return made(t)(got, err)
}

func TestReadEqualsProc(t *testing.T) {
	assert.Equal(t, numbers(t), tableNumbers(read(t)))
}

func TestReadSparse(t *testing.T) {
	tests := []struct {
		name string
		nums []int
	}{
		{"a gap in which listing does not pay", []int{60}},
		{"inherited by a shell", []int{251}},
		{"far away", []int{19000}},
		{"several", []int{100, 251, 1000, 1001, 18999, 19000}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := read(t)
			var opened []int
			for _, num := range tt.nums {
				opened = append(opened, dupTo(t, num))
			}
			var now procfd.Table
			for range 2 { // once it is new that they are there, once it is known
				require.NoError(t, now.Read())
				assert.Equal(t, numbers(t), tableNumbers(&now))
				assert.Equal(t, opened, tableNumbers(&procfd.Table{Entries: procfd.Grown(nil, before, &now)}))
			}
			require.NoError(t, unix.Close(opened[0]))
			require.NoError(t, now.Read())
			assert.Equal(t, numbers(t), tableNumbers(&now))
		})
	}
}

func TestCount(t *testing.T) {
	n, ok := procfd.Count()
	if !ok {
		t.Skip("Linux before 6.2 does not count")
	}
	assert.Equal(t, len(numbers(t)), n)
	_ = open(t)
	again, _ := procfd.Count()
	assert.Equal(t, n+1, again)
}

func TestReadAllocatesNothing(t *testing.T) {
	for _, num := range []int{0, 19000} { // dense, and sparse
		if num > 0 {
			dupTo(t, num)
		}
		table := read(t)
		assert.Zero(t, testing.AllocsPerRun(100, func() { _ = table.Read() }))
	}
	assert.Zero(t, testing.AllocsPerRun(100, func() { procfd.Count() }))
}

// TestReadDuringChurn holds Read to its promise: what is open all the while is
// in the table, whatever others do.
func TestReadDuringChurn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	var hold []*os.File // numbers below and in between, which churn will use
	var stable []procfd.Entry
	for i := range 100 {
		f, err := os.Open(path)
		require.NoError(t, err)
		if i%3 == 0 {
			t.Cleanup(func() { _ = f.Close() })
			stable = append(stable, procfd.Entry{Num: int(f.Fd()), ID: procfd.Describe(int(f.Fd())).Of})
			continue
		}
		hold = append(hold, f)
	}
	for _, num := range []int{400, 5000} { // which churn does not reach
		num = dupTo(t, num)
		stable = append(stable, procfd.Entry{Num: num, ID: procfd.Describe(num).Of})
	}
	for _, f := range hold {
		require.NoError(t, f.Close())
	}

	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				f, err := os.Open(path)
				if !assert.NoError(t, err) {
					return
				}
				_ = f.Close()
			}
		})
	}
	length := 100 * time.Millisecond
	if long.Run() {
		length = time.Second
	}
	var table procfd.Table
	reads := 0
	for end := time.Now().Add(length); time.Now().Before(end); reads++ {
		if !assert.NoError(t, table.Read()) {
			break
		}
		seen := make(map[int]procfd.ID)
		for _, e := range table.Entries {
			seen[e.Num] = e.ID
		}
		missed := 0
		for _, e := range stable {
			if seen[e.Num] != e.ID {
				missed++
			}
		}
		if !assert.Zero(t, missed, "missed after %d reads", reads) {
			break
		}
	}
	close(done)
	wg.Wait()
	t.Logf("%d reads", reads)
}
