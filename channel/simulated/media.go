package simulated

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/teaminbox/teaminbox/channel"
)

// mediaURL begins the URL of everything that the carrier hosts. The top level
// domain is reserved to lead nowhere (RFC 2606).
const mediaURL = "https://simulated.invalid/media/"

// Errors of FetchMedia.
var (
	// ErrNoMedia means that the carrier does not host the attachment.
	ErrNoMedia = errors.New("simulated: the carrier does not host this attachment")
	// ErrMediaTooLarge means that the attachment is larger than allowed.
	ErrMediaTooLarge = errors.New("simulated: the attachment is larger than allowed")
)

type file struct {
	content     []byte
	contentType string
}

// Host puts content on the carrier's host and returns the attachment for a
// message that a phone sends.
func (c *Carrier) Host(content []byte, contentType string) channel.Media {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := channel.Media{URL: mediaURL + c.newID(), ContentType: contentType}
	c.media[m.URL] = file{content: bytes.Clone(content), contentType: contentType}
	return m
}

// FetchMedia opens an attachment that [Carrier.Host] has made. Others are
// ErrNoMedia. The reader fails with ErrMediaTooLarge after limit bytes if there
// are more.
func (c *Carrier) FetchMedia(ctx context.Context, m channel.Media, limit int64) (io.ReadCloser, string, error) {
	if err := ctx.Err(); err != nil {
		return nil, "", fmt.Errorf("simulated: fetch media: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok := c.media[m.URL]
	if !ok {
		return nil, "", ErrNoMedia
	}
	var r io.Reader = bytes.NewReader(f.content)
	if limit = max(limit, 0); int64(len(f.content)) > limit {
		r = io.MultiReader(bytes.NewReader(f.content[:limit]), tooLarge{})
	}
	return io.NopCloser(r), f.contentType, nil
}

// tooLarge is a reader that fails.
type tooLarge struct{}

func (tooLarge) Read([]byte) (int, error) { return 0, ErrMediaTooLarge }
