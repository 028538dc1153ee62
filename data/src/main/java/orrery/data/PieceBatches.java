package orrery.data;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Batches of the examples of libsvm files, one pass over the lines that begin in pieces. */
final class PieceBatches implements AsyncReader.Pass {
    private final Iterator<Piece> pieces;
    private final int batch;
    private final Schema schema;
    private final Libsvm parser;
    private final AtEnd atEnd;
    private @Nullable Piece piece;
    private @Nullable PieceLines lines;
    private @Nullable Scan scan;

    /** Takes in that a piece was read to its end. */
    @FunctionalInterface
    interface AtEnd {
        /**
         * A piece was read.
         *
         * @param sum of the bytes of its lines
         */
        void of(Piece piece, long sum) throws IOException;
    }

    private PieceBatches(List<Piece> pieces, int batch, Schema schema, AtEnd atEnd) {
        this.atEnd = atEnd;
        this.pieces = pieces.iterator();
        this.batch = batch;
        this.schema = schema;
        parser = new Libsvm(true, schema.columns(), schema.firstIndex(), schema.areKeyed());
    }

    static AsyncReader.Passes passes(List<Piece> pieces, int batch, Schema schema, AtEnd atEnd) {
        if (batch < 1 || (schema.features() < 1 && !schema.areKeyed())) {
            throw new IllegalArgumentException(
                    "batch and features must be 1 or more, got " + batch + ", " + schema.features());
        }
        return new AsyncReader.Passes() {
            @Override
            public AsyncReader.Pass begin() {
                return new PieceBatches(pieces, batch, schema, atEnd);
            }

            @Override
            public String toString() {
                return pieces.isEmpty() ? "no file" : pieces.getFirst().file().toString();
            }
        };
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
                : new AsyncReader.Batch(
                        Examples.of(List.of(builder.build()), schema.features()), builder.largestIndex());
    }

    /** Goes to the next run of lines, of this piece or of one that follows. */
    private boolean nextScan() throws IOException {
        while (true) {
            scan = lines == null ? null : lines.next();
            if (scan != null) {
                return true;
            }
            if (piece != null && lines != null) {
                atEnd.of(piece, lines.sum());
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
            parser.line(scan, builder);
        } catch (BadLine e) {
            throw new DataException(piece.file() + ": line at byte " + lines.place(start) + ": " + e.getMessage());
        }
        if (builder.largestIndex() >= schema.features() && !schema.areKeyed()) {
            throw new DataException(piece.file() + ": line at byte " + lines.place(start) + ": feature "
                    + builder.largestIndex() + ", there are 0 to " + (schema.features() - 1) + " only");
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
