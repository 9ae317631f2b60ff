package bench

import (
	"github.com/anishathalye/porcupine"
	"github.com/leakassert/leakassert/internal/mapdrive"
)

// specification is that of one key of a map that was empty.
var specification = porcupine.Model{
	Init: func() any { return mapdrive.Absent },
	Step: func(state, input, output any) (bool, any) {
		next, want := mapdrive.Step(state.(int), input.(mapdrive.Op))
		return want == output.(mapdrive.Result), next
	},
}

// byPorcupine asks porcupine for each key after the other. Its own Partition would use
// all processors, and so be no measure of the work.
func byPorcupine(o mapdrive.Outcome) (explained bool) {
	byKey := make([][]porcupine.Operation, mapKeys)
	for _, records := range [][]mapdrive.Record{o.Records, o.Final} {
		for _, r := range records {
			byKey[r.Op.Key] = append(byKey[r.Op.Key], porcupine.Operation{
				ClientId: r.Worker, Input: r.Op, Output: r.Result, Call: r.Call, Return: r.Return,
			})
		}
	}
	for _, operations := range byKey {
		if !porcupine.CheckOperations(specification, operations) {
			return false
		}
	}
	return true
}
