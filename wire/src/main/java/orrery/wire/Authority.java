package orrery.wire;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.security.auth.x500.X500Principal;

/** Who admits members to one run: makes the run's name and secret, and certificates that nobody else would sign. */
public final class Authority {
    private static final Duration LIFE = Duration.ofDays(366);
    private static final SecureRandom RANDOM = new SecureRandom();

    private final String run;
    private final byte[] secret = new byte[32];
    private final Optional<Signer> signer;

    private record Signer(KeyPair keys, X509Certificate certificate) {}

    /** An authority for a new run; {@code encrypted} says whether its members speak TLS. */
    public Authority(boolean encrypted) {
        var name = new byte[8];
        RANDOM.nextBytes(name);
        run = HexFormat.of().formatHex(name);
        RANDOM.nextBytes(secret);
        signer = encrypted ? Optional.of(signer("orrery run " + run)) : Optional.empty();
    }

    private static Signer signer(String name) {
        try {
            var keys = keys();
            var extensions = List.of(
                    extension(
                            "2.5.29.19", true, Der.sequence(Der.truth(), Der.integer((byte) 0))), // signs members only
                    extension(
                            "2.5.29.15", true, Der.bits(2, (byte) 0x04))); // what the key is for: to sign certificates
            return new Signer(
                    keys, certificate(name, name, keys, Instant.now().plus(LIFE), extensions, keys.getPrivate()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot make the run's certificate authority: " + e.getMessage(), e);
        }
    }

    private static KeyPair keys() throws GeneralSecurityException {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
        return generator.generateKeyPair();
    }

    private static byte[] extension(String identifier, boolean isCritical, byte[] value) {
        return isCritical
                ? Der.sequence(Der.identifier(identifier), Der.truth(), Der.octets(value))
                : Der.sequence(Der.identifier(identifier), Der.octets(value));
    }

    /** A certificate of X.509, version 3 (RFC 5280, section 4.1). */
    private static X509Certificate certificate(
            String issuer, String subject, KeyPair keys, Instant expires, List<byte[]> extensions, PrivateKey signing)
            throws GeneralSecurityException {
        var algorithm = Der.sequence(Der.identifier("1.2.840.10045.4.3.2")); // ECDSA with SHA-256
        var content = Der.sequence(
                Der.tagged(0, Der.integer((byte) 2)), // version 3
                Der.integer(new BigInteger(127, RANDOM).toByteArray()),
                algorithm,
                new X500Principal("CN=" + issuer).getEncoded(),
                Der.sequence(
                        Der.time(Instant.now().minus(Duration.ofDays(1))), // clocks differ
                        Der.time(expires)),
                new X500Principal("CN=" + subject).getEncoded(),
                keys.getPublic().getEncoded(),
                Der.tagged(3, Der.sequence(extensions.toArray(byte[][]::new))));
        var signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(signing, RANDOM);
        signature.update(content);
        var signed = Der.sequence(content, algorithm, Der.bits(0, signature.sign()));
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(signed));
    }

    /** The run's name. */
    public String run() {
        return run;
    }

    /** Credentials for one more member. */
    public Credentials admit(String name) {
        return admit(name, Instant.now().plus(LIFE));
    }

    Credentials admit(String name, Instant expires) {
        if (signer.isEmpty()) {
            return new Credentials(run, secret, Optional.empty());
        }
        try {
            var keys = keys();
            var host = new Credentials(run, secret, Optional.empty()).host();
            var extensions = List.of(
                    extension("2.5.29.17", false, Der.sequence(Der.taggedText(2, host))), // the name that it is for
                    extension("2.5.29.15", true, Der.bits(7, (byte) 0x80)), // what the key is for: to sign
                    extension(
                            "2.5.29.37", // and as what: as a server and as a client
                            false,
                            Der.sequence(Der.identifier("1.3.6.1.5.5.7.3.1"), Der.identifier("1.3.6.1.5.5.7.3.2"))));
            return new Credentials(
                    run,
                    secret,
                    Optional.of(new Credentials.Tls(
                            signer.get().certificate(),
                            certificate(
                                    "orrery run " + run,
                                    name,
                                    keys,
                                    expires,
                                    extensions,
                                    signer.get().keys().getPrivate()),
                            keys.getPrivate())));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot make a certificate for " + name + ": " + e.getMessage(), e);
        }
    }
}
