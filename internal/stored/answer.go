package stored

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// Variable is the variable of the environment that gives the child a folder for its answers.
const Variable = "LEAKASSERT_STORED"

// answers is the folder for answers, "" in a process that is no child.
var answers = func() string {
	folder := os.Getenv(Variable)
	if folder != "" {
		_ = os.Unsetenv(Variable) // the processes that the test starts are no such children
		recorded.all = make([]record, mostRecorded)
	}
	return folder
}()

// InChild reports whether this process is a second run of a test.
func InChild() bool { return answers != "" }

// An Answer is what one failing check of the child says of one container.
type Answer struct {
	Test      string
	Container Container
	Stores    []Store
	Lost      bool // some stores are not recorded
}

var telling struct {
	sync.Mutex
	n int // files
}

// Tell writes what the child knows of the containers of a failing check. An error would be lost, as all
// that the child prints: the parent then says that there is no answer.
func Tell(test string, containers []Container) {
	recorded.Lock()
	lost := recorded.lost
	recorded.Unlock()
	rows := [][]string{{"test", test, strconv.FormatBool(lost)}}
	for _, c := range containers {
		rows = append(rows, []string{"container"})
		for _, p := range c.Places {
			rows = append(rows, append([]string{"place"}, p.Row()...))
		}
		for _, s := range into(c) {
			rows = append(rows, []string{"store", s.Func, s.File, strconv.Itoa(s.Line), strconv.FormatInt(s.Count, 10)})
		}
	}
	var text bytes.Buffer
	if csv.NewWriter(&text).WriteAll(rows) != nil {
		return
	}
	telling.Lock()
	defer telling.Unlock()
	name := answerFile(answers, telling.n)
	if os.WriteFile(name+".new", text.Bytes(), 0o600) == nil && os.Rename(name+".new", name) == nil {
		telling.n++
	}
}

func answerFile(folder string, n int) string {
	return filepath.Join(folder, fmt.Sprintf("answer%d.csv", n))
}

// ReadAnswers returns the answers that a child has written into its folder, in order.
func ReadAnswers(folder string) (all []Answer) {
	for n := 0; ; n++ {
		text, err := os.ReadFile(answerFile(folder, n))
		if err != nil {
			return all
		}
		all = append(all, parse(text)...)
	}
}

// parse reads one file of answers.
func parse(text []byte) (all []Answer) {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	rows, _ := r.ReadAll() // of a file that can't be read, there are no answers
	var test Answer
	for _, row := range rows {
		row = append(row, "", "", "", "", "", "", "") // no row is too short to be read
		switch last := len(all) - 1; {
		case row[0] == "test":
			test = Answer{Test: row[1], Lost: row[2] == "true"}
		case row[0] == "container":
			all = append(all, test)
		case last < 0:
		case row[0] == "place":
			all[last].Container.Places = append(all[last].Container.Places, Place{
				Form: Form(row[1]), Type: row[2], Decl: Decl{Pkg: row[3], Type: row[4], Name: row[5], Local: row[6] == "true"},
			})
		case row[0] == "store":
			s := Store{Func: row[1], File: row[2]}
			s.Line, _ = strconv.Atoi(row[3])
			s.Count, _ = strconv.ParseInt(row[4], 10, 64)
			all[last].Stores = append(all[last].Stores, s)
		}
	}
	return all
}
