// Package published has heap leaks that tagged releases of public modules were
// shipped with, each beside the release that has repaired it.
//
// Both versions of a module are linked: go.mod requires the old one under a path
// that does not exist, leaking.example/..., and replaces it by the real module at
// that version. This takes a module whose packages do not import each other by
// their full path. The timeout package of failsafe-go does, down to an internal
// one; its old version lies under the path of the real module, and runs on the new
// core. The two versions of ristretto differ in the major one and need none of this.
package published
