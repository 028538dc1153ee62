package orrery.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import orrery.store.Place;

/**
 * A part of a file that can be read by itself: the lines that begin in it. Of a compressed file the whole.
 *
 * @param from first byte; a line that goes over it belongs to the piece before
 * @param to byte after the last
 * @param hosts the machines that have it at hand, if that is known
 */
public record Piece(Place file, long from, long to, List<String> hosts) {
    public Piece {
        hosts = List.copyOf(hosts);
        if (from < 0 || to < from) {
            throw new IllegalArgumentException("a piece from byte " + from + " to " + to + " of " + file);
        }
    }

    public long bytes() {
        return to - from;
    }

    /** Where it is in its file, in words. */
    String bytesText() {
        return "bytes " + from + " to " + to;
    }

    /** Whether it is a compressed file, which is read from its begin. */
    boolean isWhole() {
        return isCompressed(file);
    }

    private static boolean isCompressed(Place file) {
        return file.name().matches("(?i).*\\.(gz|bz2|xz|zst|zip)");
    }

    /**
     * The pieces of files, as their storage keeps them: the blocks of HDFS; of this machine's disks so many bytes each.
     *
     * @param most bytes of a piece where the storage has no blocks of its own
     */
    public static List<Piece> of(List<Place> files, long most) throws IOException {
        var pieces = new ArrayList<Piece>();
        for (var file : files) {
            var storage = file.parent();
            long size;
            try (var in = storage.read(file.name())) {
                size = in.size();
            }
            if (isCompressed(file)) {
                pieces.add(new Piece(file, 0, size, List.of()));
                continue;
            }
            for (var block : storage.blocks(file.name(), most)) {
                pieces.add(new Piece(file, block.from(), block.from() + block.bytes(), block.hosts()));
            }
        }
        return List.copyOf(pieces);
    }
}
