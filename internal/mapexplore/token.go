package mapexplore

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"errors"
	"io"
	"strings"

	"github.com/leakassert/leakassert/internal/explore"
	"github.com/leakassert/leakassert/internal/mapdrive"
)

// Token returns text that names the scenario and the schedule of a fault, for LEAKTEST=replay=….
func (f *Found) Token() string {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression) // the level is valid, and a Buffer takes all
	_, _ = io.WriteString(w, f.Schedule.String()+"\n")
	_, _ = w.Write(f.Failure.Scenario.Pack(nil))
	_ = w.Close()
	return base64.RawURLEncoding.EncodeToString(b.Bytes())
}

// mostToken bounds what a token stands for.
const mostToken = 1 << 20

var errToken = errors.New("this is no schedule that a report has printed: copy all of it")

// Parse returns the scenario and the schedule that a token names.
func Parse(d *mapdrive.Driver, token string) (s mapdrive.Scenario, schedule explore.Token, err error) {
	packed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return s, schedule, errToken
	}
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), mostToken))
	first, scenario, ok := strings.Cut(string(text), "\n")
	if err != nil || !ok {
		return s, schedule, errToken
	}
	if schedule, err = explore.ParseToken(first); err != nil {
		return s, schedule, errToken
	}
	s, err = d.Unpack([]byte(scenario))
	return s, schedule, err
}
