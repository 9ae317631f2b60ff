package rangecleanup

// Leaking is the queue that clears up in place: a job that is done goes, but its
// place in the slice stays. As Run knows where the jobs begin the queue does not
// become any slower, only its array grows and grows.
type Leaking struct {
	jobs  []Job // nil where one was
	first int   // before it are only such places
}

// Add appends a job.
func (q *Leaking) Add(j Job) { q.jobs = append(q.jobs, j) }

// Run tries every job, in order, and drops those that succeed.
func (q *Leaking) Run() {
	jobs := q.jobs[q.first:]
	for i, try := range jobs {
		if try != nil && try() == nil {
			jobs[i] = nil // which frees the job and not its place
		}
	}
	for q.first < len(q.jobs) && q.jobs[q.first] == nil {
		q.first++
	}
}
