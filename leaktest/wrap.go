package leaktest

import (
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"
	"unsafe"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// wrap puts a check around every test of m, and around every fuzz target unless
// the engine is to run. The lists are unexported fields of testing.M; when they
// are not as expected nothing is touched.
func (s *suiteRun) wrap(m *testing.M) error {
	tests, err := list[testing.InternalTest](m, "tests")
	if err != nil {
		return err
	}
	for i := range *tests {
		t := &(*tests)[i]
		probe.KnowTest(t.Name)
		body, at := t.F, position(t.F)
		t.F = func(t *testing.T) {
			s.begin(t, at)
			check.Call(func() { body(t) })
		}
	}
	if flagSet("test.fuzz") {
		return nil
	}
	targets, err := list[testing.InternalFuzzTarget](m, "fuzzTargets")
	if err != nil {
		return err
	}
	for i := range *targets {
		t := &(*targets)[i]
		probe.KnowTest(t.Name)
		body, at := t.Fn, position(t.Fn)
		t.Fn = func(f *testing.F) {
			s.begin(f, at)
			check.Call(func() { body(f) })
		}
	}
	return nil
}

// list is the slice in the field of m.
func list[T any](m *testing.M, field string) (*[]T, error) {
	v := reflect.ValueOf(m)
	if v.IsNil() {
		return nil, fmt.Errorf("leaktest.Main is given a nil *testing.M: pass TestMain's m")
	}
	f := v.Elem().FieldByName(field)
	if !f.IsValid() || f.Type() != reflect.TypeFor[[]T]() {
		return nil, fmt.Errorf("tests are checked together, at the end only: testing.M of %s has no field %s of type %s",
			runtime.Version(), field, reflect.TypeFor[[]T]())
	}
	return (*[]T)(unsafe.Pointer(f.UnsafeAddr())), nil
}

// begin checks one test; what its report shows as the line is where the test
// function stands.
func (s *suiteRun) begin(t testing.TB, at string) {
	r := &check.Run{T: t, Env: s.env, Plan: s.plan}
	r.Begin(probe.Scope{Test: t.Name(), ToEnd: true, FromStart: true})
	t.Cleanup(func() {
		if text := r.Verify(); text != "" {
			fmt.Fprintf(t.Output(), "%s: %s\n", at, report.Indented(text))
			t.Fail()
		}
	})
}

// position is where a function stands, as the testing package writes it.
func position(f any) string {
	fn := runtime.FuncForPC(reflect.ValueOf(f).Pointer())
	if fn == nil {
		return "?"
	}
	file, line := fn.FileLine(fn.Entry())
	return fmt.Sprintf("%s:%d", filepath.Base(file), line)
}
