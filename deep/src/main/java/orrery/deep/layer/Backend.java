package orrery.deep.layer;

import orrery.deep.tensor.Matrices;
import orrery.deep.tensor.Tensor;

/** Computes layers. For use by many threads; what it makes is for one. */
public interface Backend {
    /** All in Java, by vectors if the JVM was started with them. The oracle of other backends. */
    Backend JAVA = new Backend() {
        @Override
        public Matrices matrices(Tensor.Type type) {
            return Matrices.of(type);
        }

        @Override
        public Operation operation(Layer layer, Operation.Room room) {
            return layer.operation(room);
        }

        @Override
        public String toString() {
            return "java, " + (Matrices.hasVectors() ? "by vectors" : "without vectors");
        }
    };

    /** Products of matrices of numbers of a type. */
    Matrices matrices(Tensor.Type type);

    /** Makes what computes a layer. */
    Operation operation(Layer layer, Operation.Room room);

    /** Its name, and its rate as measured at the start. */
    @Override
    String toString();
}
