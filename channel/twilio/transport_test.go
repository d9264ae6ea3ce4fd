package twilio

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func TestIsPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"8.8.8.8": true, "54.231.0.1": true, "2600:1f18::1": true, "2a00:1450:4001::1": true,
		"127.0.0.1": false, "127.8.8.8": false, "::1": false, "0.0.0.0": false, "::": false, "0.1.2.3": false,
		"10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "172.32.0.1": true, "192.168.1.1": false,
		"169.254.169.254": false, "fe80::1": false, "fc00::1": false, "fd00:ec2::254": false, "fec0::1": false,
		"100.64.0.1": false, "100.128.0.1": true, "198.18.0.1": false, "192.0.0.8": false,
		"224.0.0.1": false, "ff02::1": false, "240.0.0.1": false, "255.255.255.255": false,
		"::ffff:127.0.0.1": false, "::ffff:100.64.0.1": false, "::ffff:10.0.0.1": false, "::ffff:8.8.8.8": true,
		"64:ff9b::7f00:1": false, "2002:7f00:1::": false, "2001::1": false, "2001:db8::1": false,
	} {
		if got := isPublic(netip.MustParseAddr(address)); got != want {
			t.Errorf("isPublic(%s) is %v", address, got)
		}
	}
}

func TestRefusePrivate(t *testing.T) {
	for address, want := range map[string]error{
		"8.8.8.8:443": nil, "[2600:1f18::1]:443": nil,
		"127.0.0.1:443": errPrivateAddress, "[fe80::1%eth0]:443": errPrivateAddress, "localhost:443": errPrivateAddress, "": errPrivateAddress,
	} {
		if err := refusePrivate("tcp", address, nil); !errors.Is(err, want) {
			t.Errorf("a connection to %q: %v", address, err)
		}
	}
}

// TestGuardedTransport asks a server on the loopback interface by name and by
// address.
func TestGuardedTransport(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the server was asked") }))
	defer server.Close()
	guarded := newGuardedTransport()
	for _, u := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := guarded.RoundTrip(r)
		if err == nil {
			resp.Body.Close()
			t.Errorf("%s was asked", u)
		} else if !strings.Contains(err.Error(), errPrivateAddress.Error()) {
			t.Errorf("%s: %v", u, err)
		}
	}
}

// TestRedirectsAreGuarded makes sure that the transport above is the one in
// use unless a host brings its own.
func TestRedirectsAreGuarded(t *testing.T) {
	c, err := New(Config{
		AccountSID: "AC0123456789abcdef0123456789abcdef",
		AuthTokens: []string{"token"},
		PublicURL:  "https://inbox.example.com/webhooks/twilio",
	})
	if err != nil {
		t.Fatal(err)
	}
	guarded, ok := c.redirects.(*http.Transport)
	if !ok || guarded.Proxy != nil || c.redirects == c.api {
		t.Fatal("redirects go over the transport for Twilio")
	}
	_, err = guarded.DialContext(t.Context(), "tcp", "127.0.0.1:1")
	if err == nil || !strings.Contains(err.Error(), errPrivateAddress.Error()) {
		t.Errorf("a redirect to the loopback interface: %v", err)
	}
}
