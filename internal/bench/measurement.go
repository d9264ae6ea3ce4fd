package main

import (
	"context"
	"fmt"
	"io"
)

// measurement is one thing that is measured. To add one, write a file with a
// function that returns it, and name that below.
type measurement struct {
	name   string
	about  string
	stores []string
	run    func(ctx context.Context, b *bench) error
}

// measurements are all there are, in their order.
func measurements() []measurement {
	return []measurement{receiving(), growing(), querying(), inbound(), wholeLives(), sending(), idle(), slowRouters(), streaming(), starting(), resting(), recognising()}
}

func names() []string {
	var all []string
	for _, m := range measurements() {
		all = append(all, m.name)
	}
	return all
}

// bench is what a measurement works with.
type bench struct {
	cfg      config
	place    place
	archive  string // the database that is loaded, or ""
	working  string // see atWork
	report   *report
	progress io.Writer
	started  int // services whose CPU time was profiled
}

// say tells what goes on, beside the figures.
func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.progress, "# "+format+"\n", args...) }
