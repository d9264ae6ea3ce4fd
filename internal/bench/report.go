package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"
)

// report prints figures. Ratios are kept for the end.
type report struct {
	out    io.Writer
	ratios []ratio
	missed []error
}

// ratio is a figure that other machines and days can be compared by.
type ratio struct {
	name  string
	value float64
	goal  goal
}

// goal is what a ratio should be. The zero value is none.
type goal struct{ least, most float64 }

func (g goal) String() string {
	switch {
	case g.least > 0:
		return fmt.Sprintf(" goal>=%g", g.least)
	case g.most > 0:
		return fmt.Sprintf(" goal<=%g", g.most)
	}
	return ""
}

func (g goal) met(v float64) bool {
	return !math.IsNaN(v) && (g.least == 0 || v >= g.least) && (g.most == 0 || v <= g.most)
}

// value prints a figure.
func (r *report) value(name string, v float64, unit string) {
	fmt.Fprintf(r.out, "%s %s %s\n", name, digits(v), unit)
}

// ratio keeps a ratio.
func (r *report) ratio(name string, v float64, g goal) {
	r.ratios = append(r.ratios, ratio{name, v, g})
}

// miss notes that something is not as it should be, beside the ratios.
func (r *report) miss(format string, args ...any) {
	r.missed = append(r.missed, fmt.Errorf(format, args...))
}

// finish prints the ratios, and returns which goals were missed.
func (r *report) finish() error {
	for _, x := range r.ratios {
		fmt.Fprintf(r.out, "%s %s x%v\n", x.name, digits(x.value), x.goal)
		if !x.goal.met(x.value) {
			r.miss("%s is %s, the goal is%v", x.name, digits(x.value), x.goal)
		}
	}
	for _, err := range r.missed {
		fmt.Fprintf(r.out, "# missed: %v\n", err)
	}
	return errors.Join(r.missed...)
}

// digits shows three of them.
func digits(v float64) string {
	if math.Abs(v) >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// rounds are figures by name, one of each round.
type rounds map[string][]float64

func (r rounds) add(name string, v float64) { r[name] = append(r[name], v) }

// over is the median of the ratios of each round: what went on in the machine
// in a round has struck both.
func (r rounds) over(a, b string) float64 {
	if len(r[b]) == 0 {
		return math.NaN()
	}
	ratios := make([]float64, len(r[a]))
	for i := range ratios {
		ratios[i] = r[a][i] / r[b][i]
	}
	return median(ratios)
}

// median returns the middle of some figures.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return math.NaN()
	}
	return sorted[len(sorted)/2]
}

// percentile returns the time that so many of a hundred do not exceed.
func percentile(times []time.Duration, of int) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[min(len(sorted)*of/100, len(sorted)-1)]
}
