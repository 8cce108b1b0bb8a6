// Loads a compose file as `docker compose config` does, with the loader that Docker Compose itself is built on.
//
// Arguments: the file, then the profiles. The variables are those of the environment of this process. It prints the
// project as JSON, and what is wrong on standard error, warnings of undefined variables too.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	project, err := load(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(project)
}

func load(file string, profiles []string) (string, error) {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithOsEnv, cli.WithProfiles(profiles))
	if err != nil {
		return "", err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return "", err
	}
	json, err := project.MarshalJSON()
	return string(json), err
}
