package twilio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/teaminbox/teaminbox/channel"
)

// maxRedirects is how often Twilio may send a download on. Once is usual.
const maxRedirects = 3

var (
	errMediaTooLarge = errors.New("twilio: the attachment is larger than allowed")
	errForeignHost   = errors.New("twilio: the attachment is not on a host of Twilio's")
)

// FetchMedia downloads an attachment of a customer's message. It waits for the
// answer's headers, and the context bounds the reading too.
//
// The attachment's URL must be at Twilio (twilio.com and its subdomains over
// https, or the configured APIURL), and nothing else ever sees the
// credentials. Twilio redirects to where it stores media: such a host must be
// of twiliocdn.com or amazonaws.com over https, and unless [Config.Transport]
// is set its address must be a public one.
//
// Whether a content of more than max bytes is announced or just comes, the
// reader gives no more than max. An attachment that was deleted at Twilio is
// an error like any other.
func (c *Channel) FetchMedia(ctx context.Context, m channel.Media, max int64) (io.ReadCloser, string, error) {
	u, err := url.Parse(m.URL)
	if err != nil {
		return nil, "", errors.New("twilio: the attachment's URL can't be read")
	}
	c.rebaseMedia(u)
	if !c.isTwilio(u) {
		return nil, "", errForeignHost
	}
	for range maxRedirects + 1 {
		resp, err := c.get(ctx, u)
		if err != nil {
			return nil, "", err
		}
		if resp.StatusCode == http.StatusOK {
			return openMedia(resp, m, max)
		}
		resp.Body.Close()
		if resp.StatusCode < 300 || resp.StatusCode > 399 {
			return nil, "", fmt.Errorf("twilio: downloading an attachment: HTTP %d", resp.StatusCode)
		}
		if u, err = resp.Location(); err != nil {
			return nil, "", errors.New("twilio: downloading an attachment: a redirect leads nowhere")
		}
	}
	return nil, "", fmt.Errorf("twilio: downloading an attachment: more than %d redirects", maxRedirects)
}

// get asks for one URL: at Twilio with our credentials, where Twilio stores
// media without them, and nowhere else.
func (c *Channel) get(ctx context.Context, u *url.URL) (*http.Response, error) {
	atTwilio := c.isTwilio(u)
	if !atTwilio && !isStorage(u) || u.User != nil {
		return nil, errForeignHost
	}
	var heard atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: func() { heard.Store(true) }})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, errors.New("twilio: the attachment's URL can't be read")
	}
	// What arrives is what is counted.
	r.Header.Set("Accept-Encoding", "identity")
	transport := c.redirects
	if atTwilio {
		transport = c.api
		r.SetBasicAuth(c.user, c.password.reveal())
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return nil, fmt.Errorf("twilio: downloading an attachment: %w", withoutContents(ctx, err, heard.Load()))
	}
	return resp, nil
}

// rebaseMedia leads a URL at the API's usual host to the configured one.
func (c *Channel) rebaseMedia(u *url.URL) {
	if u.Scheme == "https" && strings.EqualFold(u.Host, "api.twilio.com") {
		u.Scheme, u.Host = c.apiURL.Scheme, c.apiURL.Host
		u.Path, u.RawPath = strings.TrimSuffix(c.apiURL.Path, "/")+u.Path, ""
	}
}

// isTwilio reports whether a URL is of Twilio's API, which may see our
// credentials.
func (c *Channel) isTwilio(u *url.URL) bool {
	if u.Scheme == c.apiURL.Scheme && strings.EqualFold(u.Host, c.apiURL.Host) {
		return true
	}
	return isHTTPSAt(u, "twilio.com")
}

// isStorage reports whether a URL is where Twilio stores media.
func isStorage(u *url.URL) bool {
	return isHTTPSAt(u, "twiliocdn.com") || isHTTPSAt(u, "amazonaws.com")
}

// isHTTPSAt reports whether a URL is at a domain or below it, over https at its
// own port.
func isHTTPSAt(u *url.URL, domain string) bool {
	host := strings.ToLower(u.Hostname())
	return u.Scheme == "https" && (u.Port() == "" || u.Port() == "443") &&
		(host == domain || strings.HasSuffix(host, "."+domain))
}

// openMedia returns the content of an answer.
func openMedia(resp *http.Response, m channel.Media, max int64) (io.ReadCloser, string, error) {
	if resp.ContentLength > max {
		resp.Body.Close()
		return nil, "", fmt.Errorf("%w: %d bytes, at most %d", errMediaTooLarge, resp.ContentLength, max)
	}
	contentType := resp.Header.Get("Content-Type")
	if contentType == "" {
		contentType = m.ContentType
	}
	return &boundedReader{body: resp.Body, left: max}, contentType, nil
}

// boundedReader fails instead of giving more than it may.
type boundedReader struct {
	body io.ReadCloser
	left int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		// Whether the content ends here shows when one more byte is asked for.
		var one [1]byte
		n, err := b.body.Read(one[:])
		if n > 0 {
			return 0, errMediaTooLarge
		}
		return 0, err
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.body.Read(p)
	b.left -= int64(n)
	return n, err
}

func (b *boundedReader) Close() error { return b.body.Close() }

// isImage reports whether a content type is that of an image.
func isImage(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && strings.HasPrefix(mediaType, "image/")
}
