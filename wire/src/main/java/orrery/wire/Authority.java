package orrery.wire;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import java.util.Optional;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

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
            var builder = builder(name, name, keys, Instant.now().plus(LIFE))
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
                    .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
            return new Signer(keys, sign(builder, keys));
        } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
            throw new IllegalStateException("cannot make the run's certificate authority: " + e.getMessage(), e);
        }
    }

    private static KeyPair keys() throws GeneralSecurityException {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
        return generator.generateKeyPair();
    }

    private static JcaX509v3CertificateBuilder builder(String issuer, String subject, KeyPair keys, Instant expires) {
        return new JcaX509v3CertificateBuilder(
                new X500Name("CN=" + issuer),
                new BigInteger(128, RANDOM),
                Date.from(Instant.now().minus(Duration.ofDays(1))), // clocks differ
                Date.from(expires),
                new X500Name("CN=" + subject),
                keys.getPublic());
    }

    private static X509Certificate sign(org.bouncycastle.cert.X509v3CertificateBuilder builder, KeyPair signing)
            throws GeneralSecurityException, OperatorCreationException {
        return new JcaX509CertificateConverter()
                .getCertificate(
                        builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(signing.getPrivate())));
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
            var builder = builder("orrery run " + run, name, keys, expires)
                    .addExtension(
                            Extension.subjectAlternativeName,
                            false,
                            new GeneralNames(new GeneralName(GeneralName.dNSName, host)))
                    .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
                    .addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(new KeyPurposeId[] {
                        KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
                    }));
            return new Credentials(
                    run,
                    secret,
                    Optional.of(new Credentials.Tls(
                            signer.get().certificate(),
                            sign(builder, signer.get().keys()),
                            keys.getPrivate())));
        } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
            throw new IllegalStateException("cannot make a certificate for " + name + ": " + e.getMessage(), e);
        }
    }
}
