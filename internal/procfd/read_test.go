package procfd_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leakassert/leakassert/internal/procfd"
)

// read reads into a new table, and skips the test where that cannot be done.
func read(t testing.TB) *procfd.Table {
	t.Helper()
	var table procfd.Table
	if err := table.Read(); err != nil {
		require.NotEmpty(t, procfd.Limits, "what cannot be read is said")
		t.Skip(err)
	}
	return &table
}

// open opens a file of its own for the test.
func open(t testing.TB) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestReadFindsOpened(t *testing.T) {
	before := read(t)
	f := open(t)
	grown := procfd.Grown(nil, before, read(t))
	require.Len(t, grown, 1)
	assert.Equal(t, int(f.Fd()), grown[0].Num)

	require.NoError(t, f.Close())
	assert.Empty(t, procfd.Grown(nil, before, read(t)))
}

func TestReadFindsNumberUsedAgain(t *testing.T) {
	first := open(t)
	num := int(first.Fd())
	before := read(t)
	require.NoError(t, first.Close())
	second := open(t)
	if int(second.Fd()) != num {
		t.Skip("something else took the number")
	}
	grown := procfd.Grown(nil, before, read(t))
	require.Len(t, grown, 1)
	assert.Equal(t, num, grown[0].Num)
}

func TestReadIsSorted(t *testing.T) {
	table := read(t)
	require.NotEmpty(t, table.Entries)
	assert.True(t, slices.IsSortedFunc(table.Entries, func(a, b procfd.Entry) int { return a.Num - b.Num }))
}

// TestChmodMakesNoNewDescriptor pins that permissions are no part of the ID.
func TestChmodMakesNoNewDescriptor(t *testing.T) {
	f := open(t)
	before := read(t)
	require.NoError(t, f.Chmod(0o400))
	assert.Empty(t, procfd.Grown(nil, before, read(t)))
}

func TestDescribeFile(t *testing.T) {
	read(t)
	f := open(t)
	d := procfd.Describe(int(f.Fd()))
	assert.Equal(t, procfd.KindFile, d.Kind)
	assert.Equal(t, "O_RDWR", d.Flags)
	assert.Empty(t, d.Missing)

	all, err := procfd.All()
	require.NoError(t, err)
	assert.True(t, slices.ContainsFunc(all, func(other procfd.FD) bool {
		return other.Num == d.Num && other.Of == d.Of
	}))
}

func TestDescribeClosed(t *testing.T) {
	read(t)
	d := procfd.Describe(1 << 20)
	assert.Equal(t, procfd.FD{Num: 1 << 20, Kind: procfd.KindClosed}, d)
}
