package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// patience is how long anything may take before it counts as lost.
const patience = 30 * time.Second

// poster sends webhooks on connections that it keeps.
type poster struct{ client *http.Client }

// newPoster keeps so many connections.
func newPoster(connections int) *poster {
	return &poster{&http.Client{Transport: &http.Transport{MaxIdleConns: connections, MaxIdleConnsPerHost: connections, DisableCompression: true}}}
}

// post signs and sends a webhook, and returns when it was acknowledged.
func (p *poster) post(ctx context.Context, address string, form []parameter) error {
	r, err := webhook(ctx, address, form)
	if err != nil {
		return err
	}
	response, err := p.client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("the webhook answered %s", response.Status)
	}
	return nil
}

func (p *poster) close() { p.client.CloseIdleConnections() }
