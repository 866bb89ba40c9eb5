// Lists ConductorOne's role mining runs with the vendor's client, which speaks https only: start Runyard with --tls.
//
//	go mod init example && go get github.com/conductorone/conductorone-sdk-go@v1.29.0
//	SSL_CERT_FILE=<ca.pem> go run conductorone.go
//
// The client takes the server from the client id (name@127.0.0.1:4443/pcc), so use the environment that
// https://127.0.0.1:4443/_runyard/sandboxes/default shows, with 127.0.0.1: a name without a dot becomes a tenant's.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"

	sdk "github.com/conductorone/conductorone-sdk-go"
)

func main() {
	ctx := context.Background()
	client, err := sdk.NewWithCredentials(ctx, &sdk.ClientCredentials{
		ClientID:     os.Getenv("CONDUCTORONE_CLIENT_ID"),
		ClientSecret: os.Getenv("CONDUCTORONE_CLIENT_SECRET"),
	})
	if err != nil {
		log.Fatal(err)
	}
	res, err := client.RoleMiningManagement.ListRuns(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(res.ListRunsResponse); err != nil {
		log.Fatal(err)
	}
}
