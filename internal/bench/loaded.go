package main

import (
	"context"
	"errors"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// loaded returns a database with the archive in it, which all measurements
// share: they take copies of it, or leave it as it is.
func (b *bench) loaded(ctx context.Context) (string, error) {
	if b.archive != "" {
		return b.archive, nil
	}
	a := newArchive(b.cfg)
	begun := time.Now()
	url, err := b.filled(ctx, a.load)
	if err != nil {
		return "", err
	}
	took := time.Since(begun)
	b.report.value("load.messages", float64(a.messages()), "messages")
	b.report.value("load.time", took.Seconds(), "s")
	b.archive = url
	return url, nil
}

// filled makes a database with what load puts there, as it is when the server
// has had the time to look after it.
func (b *bench) filled(ctx context.Context, load func(context.Context, store.Porter) error) (string, error) {
	url, err := b.place.create(ctx, "")
	if err != nil {
		return "", err
	}
	db, err := openStore(ctx, b.cfg.store, url)
	if err != nil {
		return "", err
	}
	if err := errors.Join(load(ctx, db), db.Close()); err != nil {
		return "", err
	}
	return url, errors.Join(b.place.tidy(ctx, url), b.place.calm(ctx, url))
}

// copied returns a database of one's own with the archive in it.
func (b *bench) copied(ctx context.Context) (string, error) {
	template, err := b.loaded(ctx)
	if err != nil {
		return "", err
	}
	return b.place.create(ctx, template)
}

// atWork returns the database on which all engines work that are measured, one
// after the other: what was due when it was loaded is done once.
func (b *bench) atWork(ctx context.Context) (string, error) {
	if b.working == "" {
		var err error
		if b.working, err = b.copied(ctx); err != nil {
			return "", err
		}
	}
	return b.working, nil
}
