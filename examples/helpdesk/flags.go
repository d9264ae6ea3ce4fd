package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

// newFlags returns the flags of one of the program's commands. Text is what -help
// shows above them.
func newFlags(command, text string, usage io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.Usage = func() {
		fmt.Fprint(usage, text)
		flags.PrintDefaults()
	}
	return flags
}

// wrongs are what is wrong with the flags of a command, all of it.
type wrongs []error

func (w *wrongs) add(format string, args ...any) {
	*w = append(*w, fmt.Errorf("helpdesk: "+format, args...))
}

// noArguments refuses what is no flag.
func (w *wrongs) noArguments(flags *flag.FlagSet) {
	if flags.NArg() > 0 {
		w.add("argument %q is not understood; everything is given by flags", flags.Arg(0))
	}
}

func (w *wrongs) err() error { return errors.Join(*w...) }
