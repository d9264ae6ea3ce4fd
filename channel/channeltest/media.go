package channeltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	"github.com/teaminbox/teaminbox/channel"
)

func mediaCases() []testCase {
	return []testCase{{
		name: "FetchMedia/Content",
		rule: "FetchMedia opens one attachment. The returned type is the one that the provider declared.",
		run:  fetchContent,
	}, {
		name: "FetchMedia/TooLarge",
		rule: "The reader fails when the content is larger than max bytes.",
		run:  fetchTooLarge,
	}, {
		name: "FetchMedia/ForeignHost",
		rule: "FetchMedia fetches from the provider's hosts alone.",
		run:  fetchForeignHost,
	}, {
		name: "FetchMedia/Redirect",
		rule: "FetchMedia fetches from the provider's hosts alone, never hands credentials to another. [Wherever the provider's host redirects to.]",
		run:  fetchRedirect,
	}, {
		name: "FetchMedia/ContextEnded",
		rule: "FetchMedia gives up when its context ends, and its error holds no credential.",
		run:  fetchContextEnded,
	}}
}

// picture is content that is longer than one read of a small buffer.
var picture = bytes.Repeat([]byte("\x89PNG\r\n\x1a\n\x00"), 999)

// fetcher returns the MediaFetcher with an attachment of a picture.
func (e *env) fetcher() (channel.MediaFetcher, channel.Media, error) {
	f, ok := e.Channel.(channel.MediaFetcher)
	if !ok {
		return nil, channel.Media{}, skipf("the channel is no channel.MediaFetcher")
	}
	if e.HostMedia == nil {
		return nil, channel.Media{}, errors.New("harness: the channel is a channel.MediaFetcher, but Instance.HostMedia is nil")
	}
	return f, e.HostMedia(picture, "image/png"), nil
}

// fetch reads one attachment whole.
func (e *env) fetch(ctx context.Context, f channel.MediaFetcher, m channel.Media, limit int64) ([]byte, string, error) {
	r, contentType, err := f.FetchMedia(ctx, m, limit)
	if err != nil {
		return nil, "", fmt.Errorf("FetchMedia failed: %w", err)
	}
	content, err := io.ReadAll(r)
	if closeErr := r.Close(); err == nil && closeErr != nil {
		return nil, "", fmt.Errorf("closing the media failed: %w", closeErr)
	}
	if err != nil {
		return content, "", fmt.Errorf("reading the media failed: %w", err)
	}
	return content, contentType, nil
}

func fetchContent(e *env) error {
	f, m, err := e.fetcher()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), e.patience)
	defer cancel()
	content, contentType, err := e.fetch(ctx, f, m, int64(len(picture)))
	switch {
	case err != nil:
		return fmt.Errorf("with max as large as the content: %w", err)
	case !bytes.Equal(content, picture):
		return fmt.Errorf("FetchMedia returned %d bytes that are not the %d bytes of the content", len(content), len(picture))
	case contentType != "image/png":
		return fmt.Errorf("FetchMedia returned the type %q, the provider declared image/png", contentType)
	}
	return nil
}

func fetchTooLarge(e *env) error {
	f, m, err := e.fetcher()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), e.patience)
	defer cancel()
	for _, limit := range []int{len(picture) - 1, 1} {
		content, _, err := e.fetch(ctx, f, m, int64(limit))
		if err == nil {
			return fmt.Errorf("content of %d bytes was read without an error although max is %d", len(picture), limit)
		}
		if len(content) > limit {
			return fmt.Errorf("the reader gave %d bytes although max is %d", len(content), limit)
		}
	}
	return nil
}

func fetchForeignHost(e *env) error {
	f, _, err := e.fetcher()
	if err != nil {
		return err
	}
	return e.refusesForeign(f, func(foreign string) channel.Media {
		return channel.Media{URL: foreign, ContentType: "image/png"}
	})
}

func fetchRedirect(e *env) error {
	f, _, err := e.fetcher()
	if err != nil {
		return err
	}
	if e.RedirectMedia == nil {
		return skipf("the harness has no RedirectMedia")
	}
	return e.refusesForeign(f, e.RedirectMedia)
}

// refusesForeign fetches media that lead to a host that is not the provider's.
func (e *env) refusesForeign(f channel.MediaFetcher, media func(foreign string) channel.Media) error {
	var asked atomic.Bool
	foreign := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Store(true) }))
	defer foreign.Close()
	ctx, cancel := context.WithTimeout(context.Background(), e.patience)
	defer cancel()
	_, _, err := e.fetch(ctx, f, media(foreign.URL+"/picture.png"), 1<<20)
	switch {
	case asked.Load():
		return errors.New("FetchMedia asked a host that is not the provider's")
	case err == nil:
		return errors.New("FetchMedia returned media of a host that is not the provider's")
	}
	return leakOfError(err, e.credentials())
}

func fetchContextEnded(e *env) error {
	f, m, err := e.fetcher()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err = e.fetch(ctx, f, m, int64(len(picture))); err == nil {
		return errors.New("FetchMedia fetched although its context had ended before")
	}
	return leakOfError(err, e.credentials())
}
