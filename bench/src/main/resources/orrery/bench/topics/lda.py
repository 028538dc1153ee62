"""Finds topics by scikit-learn: documents as lines of word:count in, (topics, words) as big-endian doubles out."""
import os
import sys

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
import time

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.decomposition import LatentDirichletAllocation

source, target, words, topics, passes, alpha, beta, seed = sys.argv[1:]
indptr, indices, data = [0], [], []
with open(source) as lines:
    for line in lines:
        for pair in line.split():
            word, count = pair.split(":")
            indices.append(int(word))
            data.append(int(count))
        indptr.append(len(indices))
documents = csr_matrix((data, indices, indptr), shape=(len(indptr) - 1, int(words)))
lda = LatentDirichletAllocation(
    int(topics), doc_topic_prior=float(alpha), topic_word_prior=float(beta), learning_method="batch",
    max_iter=int(passes), random_state=int(seed), n_jobs=1)
begun = time.process_time()
lda.fit(documents)
print("cpu", time.process_time() - begun)
lda.components_.astype(">f8").tofile(target)
