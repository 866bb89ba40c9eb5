"""Lists the newest Nx1 crew runs with the vendor's client, which turns http into https: start Runyard with --tls.

    pip install git+https://github.com/nexuscognitive/nx1-sdk
    NX1_HOST=https://127.0.0.1:4443 REQUESTS_CA_BUNDLE=<ca.pem> python nx1.py

The client reads NX1_HOST and NX1_API_KEY itself. Without TLS: client._client.base_url = "http://127.0.0.1:4010/"
"""

from nx1_sdk import NX1Client

client = NX1Client()
# The client has no method of its own for crew runs; this is what its methods are made of.
for run in client._client.get("api", "crew-runs", params={"limit": 10}):
    print(run["created_at"], run["status"], run["id"], run["crew_type"])
