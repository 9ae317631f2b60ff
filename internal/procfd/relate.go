package procfd

import (
	"slices"
	"strconv"
	"strings"
)

// relate adds to Detail which descriptors are each other's other end.
func relate(all []FD) {
	pipes := make(map[ID][]int) // indexes into all
	type pair struct {
		kind          Kind
		local, remote string
	}
	connections := make(map[pair][]int)
	for i, d := range all {
		switch {
		case d.Kind == KindPipe:
			pipes[d.Of] = append(pipes[d.Of], i)
		case (d.Kind == KindTCP || d.Kind == KindUDP) && d.Local != "" && d.Remote != "":
			p := pair{d.Kind, d.Local, d.Remote}
			connections[p] = append(connections[p], i)
		}
	}
	peers := unixPeers(all)
	for i := range all {
		d := &all[i]
		var others []int
		switch d.Kind {
		case KindPipe:
			for _, j := range pipes[d.Of] {
				if d.writes() && all[j].reads() || d.reads() && all[j].writes() {
					others = append(others, j)
				}
			}
		case KindTCP, KindUDP:
			if d.Remote != "" {
				others = connections[pair{d.Kind, d.Remote, d.Local}]
			}
		case KindUnix:
			others = peers[i]
		}
		d.otherEnds(all, others)
	}
}

// otherEnds names others, indexes into all. A socket that is connected to
// itself, or a pipe that is open for both, is no other end of its own.
func (d *FD) otherEnds(all []FD, others []int) {
	var nums []string
	for _, i := range others {
		if all[i].Num != d.Num {
			nums = append(nums, strconv.Itoa(all[i].Num))
		}
	}
	if len(nums) > 0 {
		d.detail("other end: " + strings.Join(nums, ", "))
	}
}

func (d *FD) reads() bool  { return d.has("O_RDONLY") || d.has("O_RDWR") }
func (d *FD) writes() bool { return d.has("O_WRONLY") || d.has("O_RDWR") }

func (d *FD) has(flag string) bool {
	return slices.Contains(strings.Split(d.Flags, "|"), flag)
}
