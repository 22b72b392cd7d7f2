// Command strictcheck is the strictest reading of Istio manifests that needs
// no cluster: the CRD schemas with their CEL rules, then istiod's own webhook
// validation, whose warnings count as errors.
//
//	strictcheck CRDS.yaml MANIFEST.yaml...
//
// It prints a line for each document that is wrong. The exit code is 1 when
// there is one, 2 when the check itself was not possible.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	pilotcrd "istio.io/istio/pilot/pkg/config/kube/crd"
	"istio.io/istio/pkg/config/crd"
	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/test/util/yml"
)

// everyEnvoyFilter is the one warning that no EnvoyFilter can avoid.
const everyEnvoyFilter = "EnvoyFilter exposes internal implementation details"

// check returns what is wrong with one YAML document.
func check(crds *crd.Validator, doc string) error {
	if err := crds.ValidateCustomResourceYAML(doc, nil); err != nil {
		return err
	}
	configs, _, err := pilotcrd.ParseInputs(doc)
	if err != nil {
		return err
	}
	for _, c := range configs {
		schema, ok := collections.All.FindByGroupVersionAliasesKind(c.GroupVersionKind)
		if !ok {
			return fmt.Errorf("%v: no validation in istiod", c.GroupVersionKind)
		}
		warning, _ := schema.ValidateConfig(c)
		if warning == nil {
			continue
		}
		for line := range strings.SplitSeq(warning.Error(), "\n") {
			line = strings.TrimLeft(line, "\t* ")
			if line != "" && !strings.Contains(line, everyEnvoyFilter) && !strings.HasSuffix(line, "occurred:") {
				return errors.New(line)
			}
		}
	}
	return nil
}

// checkFile prints what is wrong with the documents of a file, and returns how
// many there are of those.
func checkFile(crds *crd.Validator, name string) (int, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	wrong := 0
	for _, doc := range yml.SplitString(string(b)) {
		if err := check(crds, doc); err != nil {
			wrong++
			fmt.Printf("%s: %v\n", name, err)
		}
	}
	return wrong, nil
}

func run(args []string) (int, error) {
	if len(args) < 2 {
		return 0, errors.New("usage: strictcheck CRDS.yaml MANIFEST.yaml...")
	}
	crds, err := crd.NewValidatorFromFilesWithOptions(args[:1], crd.WithoutCRDValidation())
	if err != nil {
		return 0, err
	}
	wrong := 0
	for _, name := range args[1:] {
		n, err := checkFile(crds, name)
		if err != nil {
			return 0, err
		}
		wrong += n
	}
	return wrong, nil
}

func main() {
	wrong, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "strictcheck:", err)
		os.Exit(2)
	}
	if wrong > 0 {
		os.Exit(1)
	}
}
