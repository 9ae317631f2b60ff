// Package finding has the type of the JSON lines that LEAKTEST=json=FILE writes, and reads them.
//
// Each line of such a file is one [Finding]. Several test processes may append to one file, so
// lines of different packages can alternate. A program that reads the lines should ignore fields
// that it does not know.
package finding

// Version is the version of the schema that this package writes and reads. Fields may be added to a
// version. The version rises if a field changes its meaning or is taken out.
const Version = 1

// A Finding is one leak that a check has reported: one resource, or a group of Count resources that
// look the same. What is not known is left out of the JSON.
type Finding struct {
	// Version is the version of the schema, see [Version].
	Version int `json:"version"`
	// Kind is "goroutine", "fd", "heap", "pool", "process", or what the Kind of a user's own probe returns.
	Kind string `json:"kind"`
	// Fingerprint names the leak by its kind and by the functions of its place. It is the same in
	// every run, build mode and checkout.
	Fingerprint string `json:"fingerprint"`

	// Test is the test that reported the leak as its own. It is empty if no test owns the leak, and
	// the name of the example if an example leaked.
	Test string `json:"test,omitempty"`
	// Program is the name of the program that leaked, if Test ran it by leaktest.Command. Otherwise
	// the test's own process leaked.
	Program string `json:"program,omitempty"`
	// Tests are the tests that the evidence points at, or that overlapped, if Test is empty or
	// reports for others.
	Tests []string `json:"tests,omitempty"`
	// SeenDuring means that Tests ran when the leak was seen, and that an earlier test may have
	// caused it.
	SeenDuring bool `json:"seenDuring,omitempty"`
	// Warned means that the leak failed nothing, because of LEAKTEST=warn.
	Warned bool `json:"warned,omitempty"`

	// Package is the import path of the package under test. Module is the path of its module, and
	// Root the folder of the module on the machine that ran the test. Names of files in the module
	// are relative to Root.
	Package string `json:"package,omitempty"`
	Module  string `json:"module,omitempty"`
	Root    string `json:"root,omitempty"`

	// Place is the line that acquired the resource, and started the goroutine: the innermost one
	// of the module under test or, if none is known there, outside of the standard library. See
	// [Finding.Site].
	Place *Frame `json:"place,omitempty"`
	// TestPlace is where the test's function is, or where the test calls the check, if that is
	// known. It does not say where the leak comes from.
	TestPlace *Frame `json:"testPlace,omitempty"`
	// Stacks has the stack of the leaked goroutine, or the stack that acquired the resource, and
	// the stacks of the goroutines that serve a leaked connection.
	Stacks []Stack `json:"stacks,omitempty"`
	// CreatedBy is the call that started the leaked goroutine.
	CreatedBy *Frame `json:"createdBy,omitempty"`
	// Opener is the call that opened the leaked descriptor, if that is proven.
	Opener *Frame `json:"opener,omitempty"`
	// Holder says what keeps the resource, one line for each way to it: the variable, and the
	// fields and types from there.
	Holder []string `json:"holder,omitempty"`
	// Ways has the lines of Holder that a heap dump shows, in their order, step by step.
	Ways []Way `json:"ways,omitempty"`
	// Suspect is the container that holds most of what has leaked. Retained is its retained size in
	// bytes: that of all objects that would be garbage without it, whether they have leaked or not. It is 0 where
	// it is not known, as in a heap of more than 4 million objects.
	Suspect  string `json:"suspect,omitempty"`
	Retained int64  `json:"retained,omitempty"`

	// Columns say what the resource is, and where, as the line of the report does. Names identify
	// the resources of a group, such as the numbers of descriptors.
	Columns []string `json:"columns,omitempty"`
	Names   []string `json:"names,omitempty"`
	// Evidence is all that is known of the leak, in the order of the report.
	Evidence []Evidence `json:"evidence,omitempty"`

	// Count is how many resources the finding stands for. Unit is the word for one of them.
	Count int64  `json:"count"`
	Unit  string `json:"unit"`
	// Bytes is how much memory they take, for kinds that are also counted in bytes. It may be below
	// 0 if larger objects have been replaced by smaller ones.
	Bytes int64 `json:"bytes,omitempty"`
	// Proven means that the resource can't go away any more.
	Proven bool `json:"proven,omitempty"`
	// Forgotten means that only the garbage collector has released the resource.
	Forgotten bool `json:"forgotten,omitempty"`

	// Grows is the unit of growth, "iteration" or "run". It is empty if the leak was found by
	// comparing the end with the start.
	Grows string `json:"grows,omitempty"`
	// Growth is how much grows, if Grows is set and the growth is known in numbers.
	Growth *Growth `json:"growth,omitempty"`
	// Changes shows values before and after the test: the statistics of a pool, or the descriptors
	// that are open.
	Changes []Change `json:"changes,omitempty"`

	// Cause is the usual cause of such a leak, if a rule knows it.
	Cause string `json:"cause,omitempty"`

	// Notes are those of the report: what the check could not see or judge.
	Notes []string `json:"notes,omitempty"`
	// Text is the line of the report about the leak, without its evidence. Heading is the first
	// line of the report.
	Text    string `json:"text"`
	Heading string `json:"heading,omitempty"`
}

// A Frame is one call of a stack.
type Frame struct {
	// Func is the function with the path of its package: "net/http.(*Server).Serve".
	Func string `json:"func,omitempty"`
	// File is relative to Finding.Root for a file of the module, "net/http/server.go" for the
	// standard library, and "example.org/m@v1.2.3/file.go" for a file in the module cache.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	// InModule means that the file belongs to the module under test. It is then below Finding.Root.
	InModule bool `json:"inModule,omitempty"`
}

// A Stack is the stack of one goroutine, innermost frame first.
type Stack struct {
	// Kind is the kind of the resource whose stack it is. The stack of a goroutine shows where the
	// goroutine is, the stack of another resource the call that acquired it.
	Kind string `json:"kind"`
	// Text describes the goroutine, if it is one that serves a leaked connection.
	Text string `json:"text,omitempty"`
	// Count is how many goroutines of those that serve leaked connections have the stack. It is 0 for
	// the stack of the finding itself, which stands for Finding.Count resources.
	Count     int64   `json:"count,omitempty"`
	Frames    []Frame `json:"frames,omitempty"`
	CreatedBy *Frame  `json:"createdBy,omitempty"`
}

// Evidence is one line of a report about a leak. A line without a label continues the one above.
type Evidence struct {
	Label   string   `json:"label"`
	Columns []string `json:"columns,omitempty"`
}

// A Way is how a variable, or something else that is never garbage, leads to an object. The texts of
// its steps, joined, are a line of Finding.Holder.
type Way struct {
	Steps []Step `json:"steps"`
}

// A Step is one step of a way, such as ".sessions".
type Step struct {
	Text string `json:"text"`
	// Retained is the retained size of the object that the step leads to, in bytes: that of all objects
	// that would be garbage without it, and its own. The retained size of a variable does not have what
	// others hold as well. 0 means that it is not known, or that nothing would be garbage.
	Retained int64 `json:"retained,omitempty"`
}

// Growth is how much of something grows with each iteration of a body, or run of a suite.
type Growth struct {
	// PerUnit is the number of resources, and BytesPerUnit the bytes, by which each iteration or
	// run grows, over Units iterations or runs.
	PerUnit      float64 `json:"perUnit"`
	BytesPerUnit float64 `json:"bytesPerUnit,omitempty"`
	Units        int64   `json:"units,omitempty"`
	// Rounds is the number of resources by which each round has grown, the first round first, if
	// the rounds were counted one by one.
	Rounds []int64 `json:"rounds,omitempty"`
	// Heap is the growth of the whole heap in each round of NoGrowth, the first round first. Other
	// findings of the same report have a part in it.
	Heap []HeapRound `json:"heap,omitempty"`
}

// A HeapRound says by how much the heap has grown in a round of so many iterations. A number is below
// 0 if the heap has shrunk.
type HeapRound struct {
	Iterations int64 `json:"iterations"`
	Objects    int64 `json:"objects"`
	Bytes      int64 `json:"bytes"`
}

// A Change is one row of a table of values before and after the test. An empty value means that
// there was none.
type Change struct {
	Name   string `json:"name"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Site returns the place of the leak as "file:line", relative to Finding.Root in the module. It
// returns "" if the place is not known.
func (f *Finding) Site() string { return f.Place.Site() }
