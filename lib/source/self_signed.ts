/**
 * A certificate that proves nothing, and its key: only for the question whether this runtime can
 * do TLS without verification, asked over a loopback socket of our own.
 */
export const SELF_SIGNED_CERT = `-----BEGIN CERTIFICATE-----
MIIBjzCCATWgAwIBAgIUJCRa0SiRwFwJWdj5kiUMk3YFCd4wCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRbm8tdmVyaWZ5LmludmFsaWQwIBcNMjYxMTIzMDMwMTExWhgP
MjEyNjEwMzAwMzAxMTFaMBwxGjAYBgNVBAMMEW5vLXZlcmlmeS5pbnZhbGlkMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEOxTy0HzJzpMflxNUERY6RkYGiCfZYR6A
BptPiJ0ionEZ4AZFZd9M/i4cjzB2waa2lgkclnEuRplIk+NFfBkFWaNTMFEwHQYD
VR0OBBYEFIM2EpsWXD8n6bppUgz43yx2eYhAMB8GA1UdIwQYMBaAFIM2EpsWXD8n
6bppUgz43yx2eYhAMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIh
AOKt6M/aUoYNklWLrd9QczzgeJzHmwhz6VkDgTSvG0LoAiAonGNKfJQliC7X3GRd
3Da2Muk5qdBvV7XioeYV9tuTEw==
-----END CERTIFICATE-----
`;

/** Key of {@link SELF_SIGNED_CERT}; guards nothing. */
export const SELF_SIGNED_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgQDHBDwutgQ53fAjB
aHeEYq0BL4WYas3Tu+vjFpCXRn+hRANCAAQ7FPLQfMnOkx+XE1QRFjpGRgaIJ9lh
HoAGm0+InSKicRngBkVl30z+LhyPMHbBpraWCRyWcS5GmUiT40V8GQVZ
-----END PRIVATE KEY-----
`;
