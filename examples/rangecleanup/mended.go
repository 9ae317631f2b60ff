package rangecleanup

import "slices"

// Queue is the queue mended: its slice has the jobs that are to be done and no
// holes, and its array is not much larger.
type Queue struct {
	jobs []Job
}

// Add appends a job; a job can add others.
func (q *Queue) Add(j Job) { q.jobs = append(q.jobs, j) }

// Len is how many jobs are to be done.
func (q *Queue) Len() int { return len(q.jobs) }

// Run tries every job, in order, and drops those that succeed. What they add is
// left for the next time.
func (q *Queue) Run() {
	defer q.compact() // deferred, so that no job is done twice because a later one has panicked
	for i, try := range q.jobs {
		if try() == nil {
			q.jobs[i] = nil
		}
	}
}

// compact moves the jobs that are left together, and changes the array for a
// smaller one when it is mostly empty.
func (q *Queue) compact() {
	// DeleteFunc also clears the places behind them, which would hold jobs otherwise.
	q.jobs = slices.DeleteFunc(q.jobs, func(j Job) bool { return j == nil })
	const small = 64
	if cap(q.jobs) > small && len(q.jobs) < cap(q.jobs)/4 {
		// A copy: slices.Clip would hide the room and keep the array.
		q.jobs = append(make([]Job, 0, max(small, 2*len(q.jobs))), q.jobs...)
	}
}
