package memory

import (
	"github.com/teaminbox/teaminbox/internal/record"
	"github.com/teaminbox/teaminbox/store"
)

func (t *tx) Watermarks(ids ...store.WatermarkID) ([]store.Watermark, error) {
	return read(t, &t.watermarks, ids, record.CopyWatermark)
}

func (t *tx) PutWatermarks(ws ...store.Watermark) error { return write(t, ws, (*tx).putWatermark) }

func (t *tx) putWatermark(w store.Watermark) error {
	var stored int64
	if old, ok := t.watermarks.get(w.ID); ok {
		stored = old.Version
	}
	if err := checkVersion("watermark", w.ID, stored, w.Version); err != nil {
		return err
	}
	w = record.CopyWatermark(w)
	w.Version++
	t.watermarks.set(t.number, w.ID, &w)
	return nil
}
