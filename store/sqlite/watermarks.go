package sqlite

import "github.com/teaminbox/teaminbox/store"

var watermarksTable = newVersioned("watermarks", "id", "", "through, asked_at, error")

func scanWatermark(r row, w *store.Watermark) error {
	return r.Scan((*string)(&w.ID), timeColumn{&w.Through}, timeColumn{&w.AskedAt}, &w.Error, &w.Version)
}

// Watermarks returns how far channels have been fetched.
func (t *tx) Watermarks(ids ...store.WatermarkID) ([]store.Watermark, error) {
	return eachKey(t, scanWatermark, `SELECT id, through, asked_at, error, version FROM watermarks WHERE id = ?`,
		func(id store.WatermarkID) []any { return []any{string(id)} }, ids)
}

// PutWatermarks writes how far channels have been fetched.
func (t *tx) PutWatermarks(ws ...store.Watermark) error {
	if err := t.writable(); err != nil {
		return err
	}
	for _, w := range ws {
		if err := t.put(watermarksTable, "watermark", w.ID, w.Version, string(w.ID), stamp(w.Through), stamp(w.AskedAt), w.Error); err != nil {
			return err
		}
	}
	return nil
}
