// Command imagefetch fetches the module of a Wasm image with the code that
// Istio's agent fetches it with, and so tells what the agent makes of it.
//
//	imagefetch HOST/REPOSITORY:TAG OUT.wasm
//
// It prints the digest that the agent compares with a WasmPlugin's sha256, and
// writes the module. The exit code is 1 when Istio refuses the image.
// Credentials are those of $DOCKER_CONFIG.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"istio.io/istio/pkg/wasm"
)

func run(image, out string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	fetch, digest, err := wasm.NewImageFetcher(ctx, wasm.ImageFetcherOption{}).PrepareFetch(image)
	if err != nil {
		return err
	}
	module, err := fetch()
	if err != nil {
		return err
	}
	fmt.Println("sha256:" + digest)
	return os.WriteFile(out, module, 0o644)
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: imagefetch HOST/REPOSITORY:TAG OUT.wasm")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "imagefetch:", err)
		os.Exit(1)
	}
}
