package orrery.wire;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What makes a process a member of a run: the run's name, the run's secret and, with TLS, a certificate of the run's own
 * authority. Travels as {@link #text} through a pipe or a file that only its owner can read; never printed.
 */
public final class Credentials {
    private static final String MAC = "HmacSHA256";

    private final String run;
    private final byte[] secret;
    private final Optional<Tls> tls;

    /** A member's certificate and key, and the authority that members trust. */
    record Tls(X509Certificate authority, X509Certificate certificate, PrivateKey key) {}

    Credentials(String run, byte[] secret, Optional<Tls> tls) {
        this.run = run;
        this.secret = secret.clone();
        this.tls = tls;
    }

    /** The run's name: sixteen hexadecimal digits. */
    public String run() {
        return run;
    }

    /** Whether frames are encrypted. */
    public boolean isEncrypted() {
        return tls.isPresent();
    }

    Optional<Tls> tls() {
        return tls;
    }

    /** The name that certificates of this run are for. */
    String host() {
        return "run-" + run + ".orrery.internal";
    }

    /** A proof that one knows the secret. */
    byte[] prove(String role, byte[]... parts) {
        try {
            var mac = Mac.getInstance(MAC);
            mac.init(new SecretKeySpec(secret, MAC));
            mac.update(role.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            for (var part : parts) {
                mac.update((byte) part.length);
                mac.update(part);
            }
            return mac.doFinal();
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    boolean isProof(byte[] given, String role, byte[]... parts) {
        return MessageDigest.isEqual(given, prove(role, parts)); // takes as long for a near miss as for a far one
    }

    /** The whole as lines of text, secret included. */
    public String text() {
        var text = new StringBuilder("run=" + run + "\nsecret=" + HexFormat.of().formatHex(secret) + "\n");
        try {
            if (tls.isPresent()) {
                var base64 = Base64.getEncoder();
                text.append("authority=")
                        .append(base64.encodeToString(tls.get().authority().getEncoded()))
                        .append("\ncertificate=")
                        .append(base64.encodeToString(tls.get().certificate().getEncoded()))
                        .append("\nkey=")
                        .append(base64.encodeToString(tls.get().key().getEncoded()))
                        .append('\n');
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
        return text.toString();
    }

    /** Reads what {@link #text} wrote. */
    public static Credentials parse(String text) throws IOException {
        var given = new HashMap<String, String>();
        text.lines().filter(line -> line.contains("=")).forEach(line -> {
            int at = line.indexOf('=');
            given.put(line.substring(0, at), line.substring(at + 1));
        });
        var run = given.getOrDefault("run", "");
        var secret = given.getOrDefault("secret", "");
        if (!run.matches("[0-9a-f]{16}") || !secret.matches("[0-9a-f]{64}")) {
            throw new IOException("these are no credentials of a run: 'run' or 'secret' is missing");
        }
        var key = given.get("key");
        if (key == null) {
            return new Credentials(run, HexFormat.of().parseHex(secret), Optional.empty());
        }
        try {
            var base64 = Base64.getDecoder();
            var certificates = CertificateFactory.getInstance("X.509");
            return new Credentials(
                    run,
                    HexFormat.of().parseHex(secret),
                    Optional.of(new Tls(
                            (X509Certificate) certificates.generateCertificate(
                                    new ByteArrayInputStream(base64.decode(given.getOrDefault("authority", "")))),
                            (X509Certificate) certificates.generateCertificate(
                                    new ByteArrayInputStream(base64.decode(given.getOrDefault("certificate", "")))),
                            KeyFactory.getInstance("EC")
                                    .generatePrivate(new PKCS8EncodedKeySpec(base64.decode(key))))));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("these are no credentials of a run: " + e.getMessage(), e);
        }
    }

    @Override
    public String toString() {
        return "credentials of run " + run; // and nothing else
    }
}
