package orrery.data;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Batches of the examples of libsvm files, one pass over the lines that begin in pieces. */
final class PieceBatches implements AsyncReader.Pass {
    private final Iterator<Piece> pieces;
    private final int batch;
    private final int features;
    private @Nullable Piece piece;
    private @Nullable PieceLines lines;
    private @Nullable Scan scan;

    private PieceBatches(List<Piece> pieces, int batch, int features) {
        this.pieces = pieces.iterator();
        this.batch = batch;
        this.features = features;
    }

    static AsyncReader.Passes passes(List<Piece> pieces, int batch, int features) {
        if (batch < 1 || features < 1) {
            throw new IllegalArgumentException("batch and features must be 1 or more, got " + batch + ", " + features);
        }
        return () -> new PieceBatches(pieces, batch, features);
    }

    @Override
    public AsyncReader.@Nullable Batch next() throws IOException {
        var builder = new PartBuilder();
        while (builder.size() < batch) {
            var now = scan;
            if (now == null || now.isAtEnd()) {
                if (!nextScan()) {
                    break;
                }
            } else if (piece != null && lines != null) {
                line(now, piece, lines, builder);
            }
        }
        return builder.size() == 0
                ? null
                : new AsyncReader.Batch(Examples.of(List.of(builder.build()), features), builder.largestIndex());
    }

    /** Goes to the next run of lines, of this piece or of one that follows. */
    private boolean nextScan() throws IOException {
        while (true) {
            scan = lines == null ? null : lines.next();
            if (scan != null) {
                return true;
            }
            close();
            if (!pieces.hasNext()) {
                return false;
            }
            piece = pieces.next();
            lines = new PieceLines(piece);
        }
    }

    private void line(Scan scan, Piece piece, PieceLines lines, PartBuilder builder) throws DataException {
        int start = scan.at;
        try {
            Libsvm.line(scan, builder);
        } catch (BadLine e) {
            throw new DataException(piece.file() + ": line at byte " + lines.place(start) + ": " + e.getMessage());
        }
        if (builder.largestIndex() >= features) {
            throw new DataException(piece.file() + ": line at byte " + lines.place(start) + ": feature "
                    + builder.largestIndex() + ", there are 0 to " + (features - 1) + " only");
        }
    }

    @Override
    public void close() throws IOException {
        if (lines != null) {
            lines.close();
            lines = null;
        }
    }
}
