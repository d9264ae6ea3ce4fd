package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// Fill puts something of everything into an empty store: records of every kind
// with every field set, hostile texts, far times, high versions, and events of
// which some are deleted. It fails the test if it can't.
func Fill(t testing.TB, s store.Store) {
	t.Helper()
	e := &env{Store: s, t: t, ctx: t.Context(), patience: defaultPatience}
	if err := errors.Join(e.update(seed), e.enrich()); err != nil {
		t.Fatal(err)
	}
}

// enrich puts something of everything into the store of a case.
func (e *env) enrich() error {
	for year, text := range map[int]string{1899: "null", 2300: "\x00", 9999: strings.Join(hostile, "|")} {
		far := time.Date(year, time.December, 31, 23, 59, 59, 999_999_000, time.UTC)
		err := each(e, kinds(), func(k kind, a, b any) error {
			spoiled := withTexts(a, text)
			if k.name == "ledger entry" || k.name == "account" {
				spoiled = withKeysOf(a, spoiled)
			}
			return errors.Join(e.putOne(k, spoiled), e.putOne(k, withTimes(b, func(time.Time) time.Time { return far })))
		})
		if err != nil {
			return fmt.Errorf("with the text %q: %w", text, err)
		}
	}
	err := each(e, kinds(), func(k kind, a, b any) error {
		return errors.Join(e.putOne(k, a), e.putOne(k, withoutDetails(b)))
	})
	if err != nil {
		return err
	}
	err = each(e, versioned(), func(k kind, a, _ any) error {
		var errs []error
		for version := range int64(3) {
			errs = append(errs, e.putOne(k, withVersion(a, version)))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		return err
	}
	if _, _, err := e.twins(); err != nil { // another company with the same customer
		return err
	}
	// Of one company a part of the events is deleted, of the other all.
	if err := e.appendEvents(
		store.Event{Account: globex, Type: store.Alerted}, store.Event{Account: globex, Type: store.Alerted},
		store.Event{Account: acme, Type: store.Alerted},
	); err != nil {
		return err
	}
	events, err := e.allEvents(acme)
	if err != nil {
		return err
	}
	return errors.Join(e.deleteEvents(acme, events[len(events)/2].Cursor), e.deleteEvents(globex, many))
}

// add adds a batch to another.
func add(all *store.Batch, b store.Batch) {
	to, from := reflect.ValueOf(all).Elem(), reflect.ValueOf(b)
	for i := range to.NumField() {
		to.Field(i).Set(reflect.AppendSlice(to.Field(i), from.Field(i)))
	}
}

// countsOf counts the records of a batch.
func countsOf(b store.Batch) (c store.Counts) {
	from, to := reflect.ValueOf(b), reflect.ValueOf(&c).Elem()
	for i := range from.NumField() {
		to.FieldByName(from.Type().Field(i).Name).SetInt(int64(from.Field(i).Len()))
	}
	return c
}
