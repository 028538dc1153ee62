package orrery.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import orrery.data.Examples.Part;

/** Parts of examples that have been parsed and are still to be looked at, as often as need be. */
interface Parts {
    void add(Part part) throws IOException;

    /** Visits all, in their order. */
    void forEach(Visitor visitor) throws IOException;

    @FunctionalInterface
    interface Visitor {
        void visit(Part part) throws IOException;
    }

    /** In memory. */
    final class Held implements Parts {
        final List<Part> parts = new ArrayList<>();

        @Override
        public void add(Part part) {
            parts.add(part);
        }

        @Override
        public void forEach(Visitor visitor) throws IOException {
            for (var part : parts) {
                visitor.visit(part);
            }
        }
    }

    /** On disk; what a visitor changes in a part is forgotten. */
    final class OnDisk implements Parts {
        private final Spill.Writer writer;

        OnDisk(Spill.Writer writer) {
            this.writer = writer;
        }

        @Override
        public void add(Part part) throws IOException {
            writer.add(part);
        }

        @Override
        public void forEach(Visitor visitor) throws IOException {
            try (var spill = writer.end(Integer.MAX_VALUE);
                    var pass = spill.passes().begin()) {
                for (var batch = pass.next(); batch != null; batch = pass.next()) {
                    for (var part : batch.examples().parts()) {
                        visitor.visit(part);
                    }
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e); // files do not wait
            }
        }
    }
}
