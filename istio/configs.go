package main

import (
	"fmt"

	"istio.io/istio/pilot/pkg/config/kube/crd"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pkg/config"
)

// readConfigs parses the Istio objects in files and validates them as istiod's
// admission webhook does. Istio's parser drops a kind or version it does not
// know without a word; that is an error here.
func readConfigs(files string) ([]config.Config, error) {
	text, err := readAll(files)
	if err != nil {
		return nil, err
	}
	configs, unknown, err := crd.ParseInputs(text)
	if err == nil && len(unknown) > 0 {
		u := unknown[0]
		err = fmt.Errorf("%s %s %q is not an object Istio knows", u.APIVersion, u.Kind, u.Name)
	}
	return configs, err
}

// reload makes a running server hold exactly the objects now in files, and
// returns them; the server pushes the difference to every connected proxy.
// When a file cannot be taken, the server keeps the old objects.
func reload(store model.ConfigStoreController, files string, old []config.Config) ([]config.Config, error) {
	want, err := readConfigs(files)
	if err != nil {
		return old, err
	}
	gone := map[string]config.Config{}
	for _, c := range old {
		gone[c.Key()] = c
	}
	for _, c := range want {
		delete(gone, c.Key())
		write := store.Create
		if now := store.Get(c.GroupVersionKind, c.Name, c.Namespace); now != nil {
			write = store.Update
			c.ResourceVersion = now.ResourceVersion
		}
		if _, err := write(c); err != nil {
			return old, err
		}
	}
	for _, c := range gone {
		if err := store.Delete(c.GroupVersionKind, c.Name, c.Namespace, nil); err != nil {
			return old, err
		}
	}
	return want, nil
}
