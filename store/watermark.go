package store

import "time"

// WatermarkID names what a [Watermark] is about: the name of a channel.
type WatermarkID string

// Watermark says up to which moment everything that came in on a channel is in
// the Store, so that after a time of deafness the rest can be fetched. It
// belongs to no account: a channel serves all of them.
type Watermark struct {
	ID      WatermarkID
	Through time.Time // what came in before this moment is in the Store
	AskedAt time.Time // when the provider was last asked for more
	Error   string    // why it did not answer then, or ""
	Version int64
}

// Watermarks holds how far the channels have been fetched.
type Watermarks interface {
	Watermarks(ids ...WatermarkID) ([]Watermark, error)
	PutWatermarks(ws ...Watermark) error
}
