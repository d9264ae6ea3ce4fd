package compliance

import "testing"

// The chart says of every character what asking for it alone says.
func TestChart(t *testing.T) {
	c := theChart()
	for r := range rune(charted) {
		want := kindOf(r)
		if r < folded && want == forms && vietnamese(r) {
			want = vietnames
		}
		if c.kind[r] != want {
			t.Errorf("%q (%U) is of kind %d in the chart, want %d", r, r, c.kind[r], want)
		}
	}
}
