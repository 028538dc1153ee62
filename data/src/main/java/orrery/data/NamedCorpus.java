package orrery.data;

/** Documents whose words have other names, and of which there may be more. */
record NamedCorpus(Corpus read, Schema schema) implements Corpus {
    @Override
    public long documents() {
        return read.documents();
    }

    @Override
    public Reading reading() {
        return read.reading();
    }

    @Override
    public String sum() {
        return read.sum();
    }

    @Override
    public long counts() {
        return read.counts();
    }

    @Override
    public void read(long from, long to, Visit visit) {
        read.read(from, to, visit);
    }
}
