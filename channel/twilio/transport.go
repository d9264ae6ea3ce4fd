package twilio

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// connectionsPerHost is how many idle connections are kept to the one host to
// which nearly all requests go.
const connectionsPerHost = 64

// idleFor is how long a connection is kept without use. It is short, so that
// few requests are written to a connection that the other side is closing: of
// such a send nobody knows what became of it.
const idleFor = 30 * time.Second

// newTransport makes the transport for Twilio's own hosts.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          2 * connectionsPerHost,
		MaxIdleConnsPerHost:   connectionsPerHost,
		IdleConnTimeout:       idleFor,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}

// newGuardedTransport makes the transport for hosts to which Twilio redirects.
// It looks at the address after the name was resolved, so it can't be led into
// the host's own network by a name that points there. A proxy would resolve
// names by itself, hence none is used.
func newGuardedTransport() *http.Transport {
	t := newTransport()
	t.Proxy = nil
	t.DialContext = (&net.Dialer{Timeout: 10 * time.Second, Control: refusePrivate}).DialContext
	return t
}

var errPrivateAddress = errors.New("the address is not a public one")

// refusePrivate is a dialer's Control: it sees each address before it is
// connected to.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(at.Addr()) {
		return errPrivateAddress
	}
	return nil
}

// isPublic reports whether an address belongs to the public internet. Source:
// IANA, special-purpose address registries for IPv4 and IPv6.
func isPublic(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, special := range []string{
		"0.0.0.0/8",       // this network
		"100.64.0.0/10",   // shared by carriers
		"192.0.0.0/24",    // protocol assignments
		"192.0.2.0/24",    // documentation
		"192.88.99.0/24",  // 6to4 relays
		"198.18.0.0/15",   // benchmarks
		"198.51.100.0/24", // documentation
		"203.0.113.0/24",  // documentation
		"240.0.0.0/4",     // reserved
		"64:ff9b::/96",    // IPv4 behind a translator
		"64:ff9b:1::/48",  // the same, locally
		"100::/64",        // discard
		"2001::/23",       // protocol assignments, Teredo among them
		"2001:db8::/32",   // documentation
		"2002::/16",       // IPv4 inside, 6to4
		"3fff::/20",       // documentation
		"fec0::/10",       // site local
	} {
		if netip.MustParsePrefix(special).Contains(a) {
			return false
		}
	}
	return true
}
