package explore_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leakassert/leakassert/internal/explore"
	"github.com/leakassert/leakassert/internal/explore/rewritten"
)

func TestToken(t *testing.T) {
	tokens := []explore.Token{{}, {Seed: 1 << 63, Print: 5, Choices: []explore.Choice{{Pick: 0, Choice: 1}, {Pick: 1000000, Choice: 3}}}}
	for _, want := range tokens {
		got, err := explore.ParseToken(want.String())
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(explore.Choice{})); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	long := tokens[1].String()
	for i := range long {
		if got, err := explore.ParseToken(long[:i]); err == nil && got.String() != long[:i] {
			t.Errorf("%q is read as %q", long[:i], got)
		}
	}
	if _, err := explore.ParseToken("Ag" + long[2:]); err == nil {
		t.Error("a token of another version was read")
	}
}

// TestOtherProgram holds that a token of a program that has changed is said to be one.
func TestOtherProgram(t *testing.T) {
	r, err := explore.Explore(pair(rewritten.Pairs[0], true))
	if err != nil || r.Fault == nil {
		t.Fatal(r.Summary(), err)
	}
	x, _, err := explore.Replay(pair(rewritten.Pairs[0], false), r.Fault.Token)
	if err != nil || !x.Diverged {
		t.Errorf("diverged %v, %v", x.Diverged, err)
	}
}

// TestSecondProcess replays in a process of its own what this one has found.
func TestSecondProcess(t *testing.T) {
	if token := os.Getenv("EXPLORE_TOKENS"); token != "" {
		for i, text := range strings.Split(token, ",") {
			token, err := explore.ParseToken(text)
			if err != nil {
				t.Fatal(err)
			}
			x, message, err := explore.Replay(pair(rewritten.Pairs[i], true), token)
			fmt.Printf("replayed %d %v %v %s\n", i, x.Diverged, err, message)
		}
		return
	}
	var tokens, want []string
	for i, p := range rewritten.Pairs {
		c := pair(p, true)
		c.Seed = 11
		r, err := explore.Explore(c)
		if err != nil || r.Fault == nil {
			t.Fatal(r.Summary(), err)
		}
		tokens = append(tokens, r.Fault.Token.String())
		want = append(want, fmt.Sprintf("replayed %d false <nil> %s", i, r.Fault.Message))
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSecondProcess$", "-test.v")
	command.Env = append(os.Environ(), "EXPLORE_TOKENS="+strings.Join(tokens, ","))
	out, err := command.CombinedOutput()
	var got []string
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "replayed ") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestRace holds that the detector sees a race of the program although its
// tasks run one at a time.
func TestRace(t *testing.T) {
	if os.Getenv("EXPLORE_RACY") != "" {
		c := config(rewritten.Racy)
		r, err := explore.Explore(c)
		fmt.Println(r.Summary(), err)
		return
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRace$", "-test.v")
	command.Env = append(os.Environ(), "EXPLORE_RACY=1")
	out, err := command.CombinedOutput()
	if found := strings.Contains(string(out), "DATA RACE") && err != nil; found != explore.RaceEnabled {
		t.Errorf("a race was found: %v, want %v\n%s", found, explore.RaceEnabled, out)
	}
}

func TestReplay(t *testing.T) {
	for _, p := range rewritten.Pairs {
		t.Run(p.Name, func(t *testing.T) {
			c := pair(p, true)
			r, err := explore.Explore(c)
			if err != nil || r.Fault == nil {
				t.Fatal(r.Summary(), err)
			}
			if again, err := explore.Explore(c); err != nil || again.Schedules != r.Schedules || again.Fault.Token.String() != r.Fault.Token.String() {
				t.Errorf("the same seed found %s and %s", r.Summary(), again.Summary())
			}
			token, err := explore.ParseToken(r.Fault.Token.String())
			if err != nil {
				t.Fatal(err)
			}
			for i := range 100 {
				x, message, err := explore.Replay(c, token)
				if err != nil || message != r.Fault.Message || x.Diverged || x.Print != r.Fault.Execution.Print {
					t.Fatalf("replay %d of %s: %q, diverged %v, %v; want %q", i, token, message, x.Diverged, err, r.Fault.Message)
				}
			}
		})
	}
}
