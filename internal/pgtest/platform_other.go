//go:build !unix

package pgtest

import "os/exec"

// A server of the tests' own depends on what Unix has: elsewhere there is none.
type account struct{}

func serverAccount() (account, error)        { return account{}, errMissing }
func (account) use(*exec.Cmd)                {}
func (account) mkdir(string) (string, error) { return "", errMissing }
func (s *Server) pause() error               { return errMissing }
func (s *Server) resume() error              { return errMissing }
