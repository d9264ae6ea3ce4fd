package kit

import (
	"fmt"
	"sync"
	"time"
)

// Patience is how long a kit waits for a call that must return soon, unless
// its harness says otherwise.
const Patience = 10 * time.Second

// Call runs fn, which calls an implementation, on a goroutine of its own. A
// panic is an error, and so is a call that has not returned when patience
// ends; what it does afterwards is not looked at.
func Call[T any](patience time.Duration, fn func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		r.err = protect(func() (err error) {
			r.value, err = fn()
			return err
		})
		done <- r
	}()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case r := <-done:
		return r.value, r.err
	case <-limit.C:
		var zero T
		return zero, &Misconduct{fmt.Sprintf("did not return within %v", patience)}
	}
}

func protect(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Misconduct{fmt.Sprintf("panicked: %v", p)}
		}
	}()
	return fn()
}

// Misconduct is a call that panicked or did not return, which no
// implementation may do, as opposed to an error that it returned.
type Misconduct struct{ what string }

// Error says what the call did.
func (m *Misconduct) Error() string { return m.what }

// Together runs fn(0) to fn(n-1) at once, from n goroutines that start
// together, and returns the first error by i. A panic is an error.
func Together(n int, fn func(i int) error) error {
	errs := make([]error, n)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			errs[i] = protect(func() error { return fn(i) })
		})
	}
	close(start)
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
