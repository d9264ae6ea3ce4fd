package twilio

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// publicURL is where Twilio reaches the host, in the raw bytes of the
// configuration: Twilio signs a URL as it was entered, not as a library would
// write it.
type publicURL struct {
	scheme      string
	authority   string   // host and port as configured
	authorities []string // those that Twilio may have signed, the likeliest first
	path        string
}

// parsePublicURL reads a URL without its user info, query and fragment, and
// reports whether it is one that can be reached.
func parsePublicURL(raw string) (publicURL, bool) {
	scheme, rest, found := strings.Cut(strings.TrimSpace(raw), "://")
	scheme = strings.ToLower(scheme)
	if !found || scheme != "http" && scheme != "https" {
		return publicURL{}, false
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, _, _ = strings.Cut(rest, "?")
	authority, path, found := strings.Cut(rest, "/")
	if found {
		path = "/" + path
	}
	authority = authority[strings.LastIndex(authority, "@")+1:]
	u, err := url.Parse(scheme + "://" + authority)
	if err != nil || u.Hostname() == "" {
		return publicURL{}, false
	}
	return publicURL{
		scheme:      scheme,
		authority:   authority,
		authorities: authorities(authority, u),
		path:        path,
	}, true
}

// authorities returns the host as configured, without a port, and with the
// scheme's own. Twilio's messaging keeps a port that was entered, other
// products of Twilio drop or add it, and the Node library believes all three.
func authorities(authority string, u *url.URL) []string {
	if port := u.Port(); port != "" {
		return []string{authority, strings.TrimSuffix(authority, ":"+port)}
	}
	port := ":443"
	if u.Scheme == "http" {
		port = ":80"
	}
	return []string{authority, strings.TrimSuffix(authority, ":") + port}
}

// requestURI returns path and query of a request in the bytes in which they
// were received. A proxy's absolute form loses its scheme and host.
func requestURI(r *http.Request) (string, bool) {
	uri := r.RequestURI
	if i := strings.Index(uri, "://"); i > 0 && !strings.HasPrefix(uri, "/") {
		rest := uri[i+len("://"):]
		start := strings.IndexAny(rest, "/?")
		switch {
		case start < 0:
			uri = "/"
		case rest[start] == '?':
			uri = "/" + rest[start:]
		default:
			uri = rest[start:]
		}
	}
	return uri, strings.HasPrefix(uri, "/")
}

// candidates returns the URLs that Twilio may have signed for a request with
// the given request URI. All of them are ours, so that it does no harm to try
// more than one.
func (p publicURL) candidates(uri string) []string {
	paths := []string{p.overlap(uri), strings.TrimSuffix(p.path, "/") + uri}
	if paths[0] == paths[1] {
		paths = paths[:1]
	}
	// Whoever enters a URL without a path has it signed without the slash.
	if p.path == "" && (uri == "/" || strings.HasPrefix(uri, "/?")) {
		paths = append(paths, uri[1:])
	}
	all := make([]string, 0, len(paths)*len(p.authorities))
	for _, authority := range p.authorities {
		for _, path := range paths {
			all = append(all, p.scheme+"://"+authority+path)
		}
	}
	return slices.Compact(all)
}

// overlap appends the request URI to the configured path. The longest run of
// segments that ends the one and begins the other counts once: with the path
// /a/hooks, the URI /hooks/x, whose prefix /a a proxy has stripped, becomes
// /a/hooks/x, and so does the URI /a/hooks/x.
func (p publicURL) overlap(uri string) string {
	path := strings.TrimSuffix(p.path, "/")
	received, _, _ := strings.Cut(uri, "?")
	for i := 0; i < len(path); i++ {
		if path[i] != '/' {
			continue
		}
		rest, found := strings.CutPrefix(received, path[i:])
		if found && (rest == "" || rest[0] == '/') {
			return path[:i] + uri
		}
	}
	return path + uri
}
