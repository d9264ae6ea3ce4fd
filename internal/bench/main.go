// Bench measures Team Inbox on the machine that it runs on, beside the bare
// driver with the same work. README.md lists what it measures.
//
//	go run ./internal/bench -store postgres -url postgres://… -processes 1,2,4 -seconds 10
//
// Each figure is a line with a name, a value and a unit; ratios come last, as
// figures of different machines and days can't be compared, and ratios can.
// With -check it fails if one misses its goal.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if len(os.Args) > 1 && os.Args[1] == childArgument {
		err = runChild(ctx, os.Stdin, os.Stdout)
	} else {
		err = run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

// config is what the flags say.
type config struct {
	store       string
	url         string
	dir         string
	processes   []int
	clients     int
	connections []int
	preload     int
	talks       int
	rounds      int
	length      time.Duration
	growth      []int
	open        int
	subscribers int
	topics      int
	only        []string
	check       bool
	keep        bool
	loaded      string
	profiles    string
}

// most is the largest number of HTTP clients.
func (c config) most() int { return slices.Max(c.connections) }

// conversations is how many there are when it begins.
func (c config) conversations() int {
	if c.talks > 0 {
		return c.talks
	}
	return max(c.preload/10, 10_000)
}

// parse reads the flags.
func parse(args []string, errs io.Writer) (config, error) {
	var c config
	var processes, connections, growth, only string
	var seconds float64
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.StringVar(&c.store, "store", "postgres", "the `store` to measure: postgres or sqlite")
	flags.StringVar(&c.url, "url", os.Getenv("TEAMINBOX_POSTGRES_URL"), "the `URL` of a Postgres server, in which databases are made and dropped; or TEAMINBOX_POSTGRES_URL")
	flags.StringVar(&c.dir, "dir", os.TempDir(), "the `directory` for SQLite's files: one on the disk that is to be measured")
	flags.StringVar(&processes, "processes", "1,2,4", "the `numbers` of processes that share the store")
	flags.IntVar(&c.clients, "clients", 64, "how many callers each process has at once, for receive")
	flags.StringVar(&connections, "connections", "1,8,32,128", "the `numbers` of HTTP clients at once; where one number is enough, the largest is taken")
	flags.IntVar(&c.preload, "preload", 0, "how many messages are stored before it begins")
	flags.IntVar(&c.talks, "conversations", 0, "how many conversations they are in; 0: a tenth as many, and 10,000 at least")
	flags.IntVar(&c.rounds, "rounds", 3, "how often each figure is taken; the median is printed")
	flags.Float64Var(&seconds, "seconds", 10, "how long each takes")
	flags.StringVar(&growth, "growth", "", "the `numbers` of messages stored at which growth measures; if empty, those of 0,100000,1000000,5000000 that are not above -preload")
	flags.IntVar(&c.open, "open", 100_000, "how many open conversations memory has")
	flags.IntVar(&c.subscribers, "subscribers", 10_000, "how many agents stream has listen at once")
	flags.IntVar(&c.topics, "topics", 1_000, "how many companies they are spread over")
	flags.StringVar(&only, "only", "", "the `measurements` to take, separated by commas; all if empty: "+strings.Join(names(), ", "))
	flags.BoolVar(&c.keep, "keep", false, "leave what was loaded for another run, and say what its -loaded has to be")
	flags.StringVar(&c.loaded, "loaded", "", "the `database` that an earlier run with -keep has left; -preload must be the same")
	flags.StringVar(&c.profiles, "profiles", "", "the `directory` for CPU profiles of each service, and of stream; none if empty")
	flags.BoolVar(&c.check, "check", false, "fail if a goal is missed")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	for _, list := range []struct {
		flag, text string
		least      int
		to         *[]int
	}{{"-processes", processes, 1, &c.processes}, {"-connections", connections, 1, &c.connections}, {"-growth", growth, 0, &c.growth}} {
		if list.text == "" && list.flag == "-growth" {
			continue
		}
		for _, text := range strings.Split(list.text, ",") {
			n, err := strconv.Atoi(strings.TrimSpace(text))
			if err != nil || n < list.least {
				return c, fmt.Errorf("%s %q is no list of numbers like 1,2,4", list.flag, list.text)
			}
			*list.to = append(*list.to, n)
		}
	}
	if only != "" {
		c.only = strings.Split(only, ",")
	}
	c.length = time.Duration(seconds * float64(time.Second))
	return c, c.validate()
}

func (c config) validate() error {
	var errs []error
	if c.store != "postgres" && c.store != "sqlite" {
		errs = append(errs, fmt.Errorf("-store %q is neither postgres nor sqlite", c.store))
	}
	if c.store == "postgres" && c.url == "" {
		errs = append(errs, errors.New("-url is empty: name a Postgres server that may be put under load, like postgres://postgres@127.0.0.1:5432/postgres"))
	}
	for _, name := range c.only {
		if !slices.Contains(names(), name) {
			errs = append(errs, fmt.Errorf("-only names %q; there are %s", name, strings.Join(names(), ", ")))
		}
	}
	if c.clients < 1 || c.rounds < 1 || c.preload < 0 || c.talks < 0 || c.length < 100*time.Millisecond {
		errs = append(errs, errors.New("-clients and -rounds must be 1 or more, -preload and -conversations not negative, and -seconds 0.1 or more"))
	}
	if c.topics < 1 || c.subscribers < c.topics || c.open < 1 {
		errs = append(errs, errors.New("-topics and -open must be 1 or more, and -subscribers at least as many as -topics"))
	}
	return errors.Join(errs...)
}

// run takes the measurements that are asked for.
func run(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	cfg, err := parse(args, errs)
	if err != nil {
		return err
	}
	b := &bench{cfg: cfg, report: &report{out: out}, progress: errs, archive: cfg.loaded}
	if b.place, err = openPlace(ctx, cfg); err != nil {
		return err
	}
	//nolint:contextcheck // what was made goes, though the run was interrupted
	defer func() {
		left := ""
		if cfg.keep {
			left = b.archive
			b.say("left for another run: -loaded %q", left)
		}
		err = errors.Join(err, b.place.close(left))
	}()
	b.say("%s on %s/%s with %d processors, %d messages stored", cfg.store, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), cfg.preload)
	for _, m := range measurements() {
		if len(cfg.only) > 0 && !slices.Contains(cfg.only, m.name) || !slices.Contains(m.stores, cfg.store) {
			continue
		}
		b.say("%s: %s", m.name, m.about)
		if err := m.run(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	missed := b.report.finish()
	if cfg.check {
		return missed
	}
	return nil
}
