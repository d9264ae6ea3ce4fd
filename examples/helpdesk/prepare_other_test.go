//go:build !linux

package main

// prepare is for a program that is to run short of something.
func prepare() error { return nil }
