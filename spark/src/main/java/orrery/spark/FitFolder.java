package orrery.spark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import orrery.engine.keep.Checkpoints;
import orrery.store.Place;

/** The folder of one fit's checkpoints within the folder that is set for all: named by what the fit learns, from what. */
final class FitFolder implements AutoCloseable {
    private static final System.Logger log = System.getLogger(FitFolder.class.getName());
    private static final String PREFIX = "fit-";
    private static final Set<String> IN_USE = new HashSet<>(); // by fits of this JVM

    private final String place;
    private final boolean resumes;

    private FitFolder(String place, boolean resumes) {
        this.place = place;
        this.resumes = resumes;
        synchronized (IN_USE) {
            IN_USE.add(place);
        }
    }

    /** Of fits that keep no checkpoints. */
    static FitFolder none() {
        return new FitFolder("", false);
    }

    /**
     * Finds the folder of a fit.
     *
     * @param identity what the fit learns, from what
     * @param resumes whether it is one that has checkpoints, if there is one; else it is one that has none
     * @throws IOException if it resumes, and no fit has checkpoints there
     */
    static FitFolder of(Place all, String identity, boolean resumes) throws IOException {
        var name = PREFIX + hash(identity);
        var known = all.folder().list("");
        if (resumes) {
            var newest = known.stream()
                    .filter(folder -> folder.equals(name) || folder.startsWith(name + "-"))
                    .max((a, b) -> a.length() != b.length() ? a.length() - b.length() : a.compareTo(b));
            if (newest.isPresent()) {
                return new FitFolder(all.resolve(newest.get()).text(), true);
            }
            if (known.stream().noneMatch(folder -> folder.startsWith(PREFIX))) {
                throw new IOException(all + ": no checkpoint to go on from; fit without setResume(true)");
            }
            log.log(
                    System.Logger.Level.WARNING,
                    () -> all + " has no checkpoint of a fit of these parameters and data: it begins anew");
        }
        synchronized (IN_USE) {
            var free = name;
            for (int n = 2;
                    known.contains(free) || IN_USE.contains(all.resolve(free).text());
                    n++) {
                free = name + "-" + n;
            }
            return new FitFolder(all.resolve(free).text(), false);
        }
    }

    private static String hash(String identity) {
        try {
            var sum = MessageDigest.getInstance("SHA-256").digest(identity.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(sum, 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JVM has it
        }
    }

    /** Its place; empty for none. */
    String text() {
        return place;
    }

    /** Whether the fit goes on from a checkpoint. */
    boolean isResumed() {
        try {
            return resumes && Checkpoints.in(new Place(place).folder()).areAny(); // none: lost before its first
        } catch (IOException e) {
            return true; // the run will say what is wrong
        }
    }

    @Override
    public void close() {
        synchronized (IN_USE) {
            IN_USE.remove(place);
        }
    }
}
