package postgres

import (
	"time"

	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

var (
	watermarksTable = newTable("watermark", "watermarks", 1,
		textColumn("id", func(w *store.Watermark) string { return string(w.ID) }),
		timeColumn("through", func(w *store.Watermark) time.Time { return w.Through }),
		timeColumn("asked_at", func(w *store.Watermark) time.Time { return w.AskedAt }),
		textColumn("error", func(w *store.Watermark) string { return w.Error }))

	watermarkKind = kind[store.WatermarkID, store.Watermark]{
		scan: func(r scanner, w *store.Watermark) error {
			err := r.Scan((*string)(&w.ID), moment{&w.Through}, moment{&w.AskedAt}, &w.Error, &w.Version)
			unpackAll((*string)(&w.ID), &w.Error)
			return err
		},
		copy:    record.CopyWatermark,
		id:      func(w *store.Watermark) store.WatermarkID { return w.ID },
		version: func(w *store.Watermark) int64 { return w.Version },
	}
)

// Watermarks returns how far channels have been fetched.
func (t *tx) Watermarks(ids ...store.WatermarkID) ([]store.Watermark, error) {
	return byID(t, &t.watermarks, watermarkKind, t.fetchWatermarks, ids)
}

func (t *tx) fetchWatermarks(ids []store.WatermarkID) *fetch {
	return fetchByID(t, &t.watermarks, watermarkKind, t.s.guards.watermark,
		`SELECT w.id, w.through, w.asked_at, w.error, w.version FROM @watermarks w WHERE w.id = ANY($1::text[])`, names, ids)
}

// PutWatermarks writes how far channels have been fetched.
func (t *tx) PutWatermarks(ws ...store.Watermark) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, w := range ws {
		t.need(t.s.guards.watermark(w.ID))
		slot, err := t.watermarks.put("watermark", w.ID, record.CopyWatermark(w), w.Version)
		if err != nil {
			return t.fail(err)
		}
		slot.value.Version = slot.version
	}
	return nil
}
