package compliance_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
)

func TestRecordsAsJSON(t *testing.T) {
	state := compliance.State{OptedOut: true, Entry: 7}
	for v := compliance.Deny; v <= compliance.NeedsHuman; v++ {
		r := compliance.RecordOf(compliance.Decision{Verdict: v, Reason: "why", Until: at.Add(time.Hour)}, state, compliance.Outgoing{}, at)
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var again compliance.Record
		if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(again, *r) {
			t.Errorf("%s is read as %+v, %v", text, again, err)
		}
	}
	text, err := json.Marshal(compliance.RecordOf(compliance.Decision{Verdict: compliance.Allow, Reason: "why"}, compliance.State{}, compliance.Outgoing{}, at))
	if want := `{"at":"` + at.Format(time.RFC3339Nano) + `","verdict":"allow","reason":"why"}`; err != nil || string(text) != want {
		t.Errorf("a record is %s, %v; want %s", text, err, want)
	}
	var r compliance.Record
	if err := json.Unmarshal([]byte(`{"verdict":"perhaps"}`), &r); err == nil {
		t.Errorf("a verdict that there is not is read as %v", r.Verdict)
	}
}
